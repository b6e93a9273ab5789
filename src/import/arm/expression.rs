//! The expression language: `[…]`, the `[[` escape, strings with `''`, ints, calls, `.member`,
//! `[index]`, and the safe forms `.?member` and `[?index]` (`template-expressions`).

use super::value::{Result, fail};

/// How deep calls may stand in each other.
const DEEPEST: usize = 100;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    Text(String),
    Int(i64),
    /// `null`, `true`, `false` without parentheses stand for the calls.
    Call {
        /// The name, lower case; a user-defined function's with its namespace.
        name: String,
        arguments: Vec<Expression>,
    },
    Member {
        of: Box<Expression>,
        name: String,
        /// `.?`: what is not there is null.
        safe: bool,
    },
    Index {
        of: Box<Expression>,
        index: Box<Expression>,
        /// `[?`: what is not there is null.
        safe: bool,
    },
}

/// What a string of a template is.
pub(super) enum Written<'a> {
    /// As it stands.
    Literal(&'a str),
    /// What stands between the brackets.
    Expression(&'a str),
}

/// Whether a string is an expression: `[` … `]`; `[[` stands for a `[`.
pub(super) fn written(text: &str) -> Written<'_> {
    let trimmed = text.trim_end();
    match trimmed.strip_prefix('[') {
        Some(rest) if rest.starts_with('[') => Written::Literal(&text[1..]),
        Some(rest) => match rest.strip_suffix(']') {
            Some(inner) => Written::Expression(inner),
            None => Written::Literal(text),
        },
        None => Written::Literal(text),
    }
}

/// The expression that a text between brackets is.
pub(super) fn parse(text: &str) -> Result<Expression> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let expression = parser.expression()?;
    match parser.peek() {
        None => Ok(expression),
        Some(c) => parser.unexpected(c),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.take(wanted) {
            return Ok(());
        }
        match self.peek() {
            Some(c) => self.unexpected(c),
            None => fail(format!("the expression ends where `{wanted}` is expected")),
        }
    }

    fn unexpected<T>(&self, c: char) -> Result<T> {
        let before = self.text[..self.at].chars().count();
        fail(format!(
            "`{c}` is not expected at character {} of the expression",
            before + 1
        ))
    }

    fn expression(&mut self) -> Result<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return fail(format!("the expression is deeper than {DEEPEST} levels"));
        }
        let mut expression = self.primary()?;
        let mut links = 0;
        loop {
            // A chain of accesses is as deep, evaluated, as calls in each other.
            links += 1;
            if self.depth + links > DEEPEST {
                return fail(format!("the expression is deeper than {DEEPEST} levels"));
            }
            if self.take('.') {
                let safe = self.take('?');
                let name = self.name()?;
                expression = Expression::Member {
                    of: Box::new(expression),
                    name,
                    safe,
                };
            } else if self.take('[') {
                let safe = self.take('?');
                let index = Box::new(self.expression()?);
                self.expect(']')?;
                expression = Expression::Index {
                    of: Box::new(expression),
                    index,
                    safe,
                };
            } else {
                self.depth -= 1;
                return Ok(expression);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression> {
        match self.peek() {
            Some('\'') => self.string(),
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => self.int(),
            Some(c) if c.is_alphabetic() || c == '_' => self.call(),
            Some(c) => self.unexpected(c),
            None => fail("the expression is empty or ends too soon"),
        }
    }

    fn string(&mut self) -> Result<Expression> {
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find('\'') else {
                return fail("a string of the expression is not closed");
            };
            value.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.text[self.at..].starts_with('\'') {
                return Ok(Expression::Text(value));
            }
            value.push('\'');
            self.at += 1;
        }
    }

    fn int(&mut self) -> Result<Expression> {
        let rest = &self.text[self.at..];
        let end = rest
            .char_indices()
            .find(|&(at, c)| !(c.is_ascii_digit() || at == 0))
            .map_or(rest.len(), |(at, _)| at);
        let word = &rest[..end];
        self.at += end;
        match word.parse() {
            Ok(value) => Ok(Expression::Int(value)),
            Err(_) => fail(format!("`{word}` is not an int")),
        }
    }

    fn name(&mut self) -> Result<String> {
        self.peek();
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '-')))
            .unwrap_or(rest.len());
        if end == 0 {
            return match self.peek() {
                Some(c) => self.unexpected(c),
                None => fail("the expression ends where a name is expected"),
            };
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    /// A call, or a user-defined function's with its namespace: `contoso.uniqueName(…)`.
    fn call(&mut self) -> Result<Expression> {
        let mut name = self.name()?;
        if self.take('.') {
            name = format!("{name}.{}", self.name()?);
        }
        let name = name.to_ascii_lowercase();
        let mut arguments = Vec::new();
        if !self.take('(') {
            if matches!(name.as_str(), "null" | "true" | "false") {
                return Ok(Expression::Call { name, arguments });
            }
            return fail(format!("`{name}` is neither a string nor a call"));
        }
        if !self.take(')') {
            loop {
                arguments.push(self.expression()?);
                if !self.take(',') {
                    break;
                }
            }
            self.expect(')')?;
        }
        Ok(Expression::Call { name, arguments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: Vec<Expression>) -> Expression {
        Expression::Call {
            name: name.into(),
            arguments,
        }
    }

    /// `template-expressions#escape-characters`.
    #[test]
    fn brackets_and_quotes_are_escaped_by_doubling() {
        assert!(matches!(
            written("[[test value]"),
            Written::Literal("[test value]")
        ));
        assert!(matches!(written("[test"), Written::Literal("[test")));
        assert!(matches!(written("[a()]"), Written::Expression("a()")));
        assert_eq!(parse("'it''s'").unwrap(), Expression::Text("it's".into()));
    }

    #[test]
    fn calls_members_and_indices_nest() {
        assert_eq!(
            parse("Reference('a') . b[0][?copyIndex()].?c").unwrap(),
            Expression::Member {
                of: Box::new(Expression::Index {
                    of: Box::new(Expression::Index {
                        of: Box::new(Expression::Member {
                            of: Box::new(call("reference", vec![Expression::Text("a".into())])),
                            name: "b".into(),
                            safe: false,
                        }),
                        index: Box::new(Expression::Int(0)),
                        safe: false,
                    }),
                    index: Box::new(call("copyindex", vec![])),
                    safe: true,
                }),
                name: "c".into(),
                safe: true,
            }
        );
        assert_eq!(
            parse("contoso.uniqueName(-1)").unwrap(),
            call("contoso.uniquename", vec![Expression::Int(-1)])
        );
    }

    #[test]
    fn what_is_no_expression_says_where() {
        for (text, reason) in [
            ("", "the expression is empty or ends too soon"),
            ("a(", "the expression is empty or ends too soon"),
            ("a('b", "a string of the expression is not closed"),
            (
                "a() b",
                "`b` is not expected at character 5 of the expression",
            ),
            (
                "a(1 2)",
                "`2` is not expected at character 5 of the expression",
            ),
            ("a", "`a` is neither a string nor a call"),
            (
                "99999999999999999999",
                "`99999999999999999999` is not an int",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().0, reason, "{text}");
        }
        let deep = format!("{}1{}", "a(".repeat(5000), ")".repeat(5000));
        assert!(parse(&deep).is_err());
        let long = format!("a(){}", ".b".repeat(5000));
        assert!(parse(&long).is_err());
    }
}
