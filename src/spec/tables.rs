//! `record!` declares a type and its table of keys in one place, so that what is read, what is offered as
//! a suggestion, what is refused and what the schema says cannot differ; `words!` a closed set of words.

/// Declares a type that is read from a map, and its table of keys.
///
/// Each field is `name: kind "key"`, where the kind is `req T`, `opt T`, `def T = value`, `many T` or
/// `some T` (at least one) with a singular and a plural key.
macro_rules! record {
    (
        $(#[$($meta:tt)*])*
        $name:ident { $($(#[$($about:tt)*])* $field:ident: $kind:ident $ty:ty $(= $default:expr)?, $key:literal $(/ $plural:literal)?;)* }
    ) => {
        $crate::spec::decode::record!(@struct [$(#[$($meta)*])*] $name [] [&[]]
            { $($(#[$($about)*])* $field: $kind $ty $(= $default)?, $key $(/ $plural)?;)* });
    };
    (
        $(#[$($meta:tt)*])*
        resource $name:ident { $($(#[$($about:tt)*])* $field:ident: $kind:ident $ty:ty $(= $default:expr)?, $key:literal $(/ $plural:literal)?;)* }
    ) => {
        $crate::spec::decode::record!(@struct [$(#[$($meta)*])*] $name
            [common: $crate::spec::Common = $crate::spec::Common::read] [$crate::spec::Common::KEYS]
            { $($(#[$($about)*])* $field: $kind $ty $(= $default)?, $key $(/ $plural)?;)* });
    };
    (@struct [$(#[$($meta:tt)*])*] $name:ident [$($common:ident: $cty:ty = $cread:expr)?] [$more:expr]
        { $($(#[$($about:tt)*])* $field:ident: $kind:ident $ty:ty $(= $default:expr)?, $key:literal $(/ $plural:literal)?;)* }
    ) => {
        $(#[$($meta)*])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $(
                /// What every resource may carry.
                pub $common: $cty,
            )?
            $(
                #[doc = concat!("`", $key, "`")]
                $(#[$($about)*])*
                pub $field: $crate::spec::decode::record!(@type $kind $ty),
            )*
        }

        impl $name {
            /// The keys that it is read from.
            pub const KEYS: &'static [&'static str] = &[$($key, $($plural,)?)*];
            /// Its keys that have a plural.
            pub const PAIRS: &'static [(&'static str, &'static str)] =
                &[$($(($key, $plural),)?)*];
        }

        impl $crate::spec::decode::Decode for $name {
            fn decode(
                node: &$crate::spec::node::Node,
                cx: &mut $crate::spec::decode::Context,
            ) -> Option<Self> {
                let entries = $crate::spec::decode::Entries::of(node, &[Self::KEYS, $more], cx)?;
                $(let $common = $cread(&entries, cx);)?
                $(let $field = $crate::spec::decode::record!(@read $kind entries, cx, $key $(/ $plural)? $(= $default)?);)*
                // Everything is read before anything is given up, so that all faults are seen.
                Some(Self { $($common: $common.ok()?,)? $($field: $field.ok()?,)* })
            }
        }

        impl $crate::spec::describe::Describe for $name {
            fn describe(all: &mut $crate::spec::describe::Definitions) -> serde_json::Value {
                all.define(stringify!($name), |all| {
                    let about = [$($crate::spec::decode::record!(@doc [$($meta)*])),*].concat();
                    #[allow(unused_mut, reason = "a table may have no keys of its own")]
                    let mut record = $crate::spec::describe::Record::new(&about);
                    $(
                        let about: &[&str] = &[$($crate::spec::decode::record!(@doc [$($about)*])),*];
                        record.key($crate::spec::describe::Key {
                            kind: stringify!($kind),
                            names: &[$key, $($plural,)?],
                            about: about.concat(),
                            schema: <$ty as $crate::spec::describe::Describe>::describe(all),
                            default: $crate::spec::decode::record!(@shown $kind $ty $(= $default)?),
                        });
                    )*
                    record.close($more, all)
                })
            }
        }
    };
    (@shown def $ty:ty) => { <$ty as $crate::spec::describe::Describe>::shown(&<$ty>::default()) };
    (@shown def $ty:ty = $default:expr) => {
        <$ty as $crate::spec::describe::Describe>::shown(&$default)
    };
    (@shown $kind:ident $ty:ty) => { None };
    (@doc [doc = $text:expr]) => { $text };
    (@doc [$($other:tt)*]) => { "" };
    (@type req $ty:ty) => { $ty };
    (@type opt $ty:ty) => { Option<$ty> };
    (@type def $ty:ty) => { $ty };
    (@type many $ty:ty) => { Vec<$ty> };
    (@type some $ty:ty) => { Vec<$ty> };
    (@read req $e:ident, $cx:ident, $key:literal) => { $e.required($key, $cx) };
    (@read opt $e:ident, $cx:ident, $key:literal) => { $e.optional($key, $cx) };
    (@read def $e:ident, $cx:ident, $key:literal) => {
        $e.optional($key, $cx).map(Option::unwrap_or_default)
    };
    (@read def $e:ident, $cx:ident, $key:literal = $default:expr) => {
        $e.optional($key, $cx).map(|value| value.unwrap_or($default))
    };
    // A list of which something is faulty is an empty one: the rest of the record may have faults, too.
    (@read many $e:ident, $cx:ident, $key:literal / $plural:literal) => {
        Ok::<_, $crate::spec::decode::Faulty>(
            $e.either($key, $plural, false, $cx).unwrap_or_default(),
        )
    };
    (@read some $e:ident, $cx:ident, $key:literal / $plural:literal) => {
        $e.either($key, $plural, true, $cx)
    };
}
pub(crate) use record;

/// Declares a closed set of words; they compare without case and print as ARM spells them.
macro_rules! words {
    ($(#[$($meta:tt)*])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)* }) => {
        $(#[$($meta)*])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* #[doc = concat!("`", $word, "`")] $variant,)* }

        impl $name {
            /// The words, as ARM spells them.
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The word, as ARM spells it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What `text` spells, without case.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                $(if text.eq_ignore_ascii_case($word) $(|| text.eq_ignore_ascii_case($alias))* {
                    return Some(Self::$variant);
                })*
                None
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::spec::describe::Describe for $name {
            fn describe(_: &mut $crate::spec::describe::Definitions) -> serde_json::Value {
                let about = [$($crate::spec::decode::record!(@doc [$($meta)*])),*].concat();
                $crate::spec::describe::words(&about, Self::WORDS, &[$($word, $($alias,)*)*])
            }

            fn shown(&self) -> Option<serde_json::Value> {
                Some(self.word().into())
            }
        }

        impl $crate::spec::decode::Decode for $name {
            fn decode(
                node: &$crate::spec::node::Node,
                cx: &mut $crate::spec::decode::Context,
            ) -> Option<Self> {
                let text = $crate::spec::decode::word(node, cx, Self::WORDS)?;
                let found = Self::parse(text);
                if found.is_none() {
                    $crate::spec::decode::unknown_word(text, Self::WORDS, cx);
                }
                found
            }
        }
    };
}
pub(crate) use words;
