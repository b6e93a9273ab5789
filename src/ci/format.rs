//! The formats that a command writes its results in: a closed set of words.

/// Declares a set of formats with its words.
macro_rules! formats {
    ($(#[$about:meta])* $name:ident { $($(#[$meta:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$meta])* $variant,)* }

        impl $name {
            /// Every format there is; the first is the one that is written unless another is asked for.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ci::UnknownFormat;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut all = Self::ALL.iter();
                let found = all.find(|format| text.trim().eq_ignore_ascii_case(format.word()));
                found.copied().ok_or_else(|| $crate::ci::UnknownFormat {
                    word: text.to_owned(),
                    known: &[$($word,)*],
                })
            }
        }
    };
}
pub(crate) use formats;

/// A word that is no format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat {
    /// The word.
    pub word: String,
    /// The words that are.
    pub known: &'static [&'static str],
}

impl std::fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = self.known.join(", ");
        write!(
            f,
            "`{}` is not a format of results: one of {known}",
            self.word
        )
    }
}

impl std::error::Error for UnknownFormat {}
