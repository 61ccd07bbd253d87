//! Backslash escapes of advanced syntax.

use crate::ast::Anchor;
use crate::classes::Class;
use crate::lexer::{Lexer, Polarity, Token};
use crate::pattern_error::{PatternError, SyntaxErrorKind};

/// The highest code point that an escape may denote, far above Unicode.
const CODE_LAST: u32 = 0x7FFF_FFFE;

impl Lexer {
    /// Reads the rest of an escape, after the backslash. The caller checks that it is allowed where it occurs.
    pub(crate) fn escape(&mut self) -> Result<Token, PatternError> {
        let mark = self.peek().ok_or(self.error(SyntaxErrorKind::Escape))?;
        self.at += 1;
        if !mark.is_ascii_alphanumeric() {
            return Ok(Token::Plain(mark.into()));
        }
        if let Some(point) = control(mark) {
            return Ok(Token::Plain(point));
        }
        if let Some(anchor) = anchor(mark) {
            return Ok(Token::Anchor(anchor));
        }
        if let Some((class, sense)) = class(mark) {
            return Ok(Token::Class(class, sense));
        }
        match mark {
            'c' => self.control_key(),
            'u' => self.code(16, 4, 4),
            'U' => self.code(16, 8, 8),
            'x' => self.code(16, 1, 255),
            '0'..='9' => self.number(mark),
            _ => Err(self.error(SyntaxErrorKind::Escape)),
        }
    }

    /// `\cX`: the character whose low five bits are those of X.
    fn control_key(&mut self) -> Result<Token, PatternError> {
        let key = self.peek().ok_or(self.error(SyntaxErrorKind::Escape))?;
        self.at += 1;
        Ok(Token::Plain(u32::from(key) & 0x1F))
    }

    fn code(&mut self, base: u32, min: usize, max: usize) -> Result<Token, PatternError> {
        let code = self.digits(base, min, max)?;
        if code > CODE_LAST {
            return Err(self.error(SyntaxErrorKind::Escape));
        }
        Ok(Token::Plain(code))
    }

    /// A number after the backslash: a back-reference if it has one digit or if a group with this number has been
    /// opened, an octal code otherwise.
    fn number(&mut self, mark: char) -> Result<Token, PatternError> {
        let second = self.at;
        self.at -= 1;
        if mark != '0' {
            let number = self.digits(10, 1, 255)?;
            let known = i32::try_from(number).is_ok_and(|n| n > 0) && number <= self.groups;
            if self.at == second || known {
                return Ok(Token::Backref(number));
            }
            self.at = second - 1;
        }
        let code = self.digits(8, 1, 3)?;
        if code <= 0xFF {
            return Ok(Token::Plain(code));
        }
        self.at -= 1;
        Ok(Token::Plain(code >> 3))
    }

    /// Digits of the base, from `min` to `max` of them; past 32 bits the value wraps, as in PostgreSQL.
    fn digits(&mut self, base: u32, min: usize, max: usize) -> Result<u32, PatternError> {
        let mut value = 0_u32;
        let start = self.at;
        while self.at - start < max {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(base)) else {
                break;
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.at += 1;
        }
        if self.at - start < min {
            return Err(self.error(SyntaxErrorKind::Escape));
        }
        Ok(value)
    }
}

/// Escapes that denote one character.
fn control(mark: char) -> Option<u32> {
    Some(match mark {
        'a' => 0x07,
        'b' => 0x08,
        'B' => 0x5C,
        'e' => 0x1B,
        'f' => 0x0C,
        'n' => 0x0A,
        'r' => 0x0D,
        't' => 0x09,
        'v' => 0x0B,
        _ => return None,
    })
}

fn anchor(mark: char) -> Option<Anchor> {
    Some(match mark {
        'A' => Anchor::TextStart,
        'm' => Anchor::WordStart,
        'M' => Anchor::WordEnd,
        'y' => Anchor::WordBoundary,
        'Y' => Anchor::NotWordBoundary,
        'Z' => Anchor::TextEnd,
        _ => return None,
    })
}

fn class(mark: char) -> Option<(Class, Polarity)> {
    Some(match mark {
        'd' => (Class::Digit, Polarity::Positive),
        'D' => (Class::Digit, Polarity::Negated),
        's' => (Class::Space, Polarity::Positive),
        'S' => (Class::Space, Polarity::Negated),
        'w' => (Class::Word, Polarity::Positive),
        'W' => (Class::Word, Polarity::Negated),
        _ => return None,
    })
}
