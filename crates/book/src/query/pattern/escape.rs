//! Backslash escapes of advanced syntax.

use super::classes::Class;
use super::fault::{PatternFault, Reason};
use super::lex::{Lexer, Sense, Token};
use super::syntax::Anchor;

/// The highest code a pattern can write, far above Unicode.
const CODE_LAST: u32 = 0x7FFF_FFFE;

impl Lexer {
    /// Reads an escape; the backslash is behind. Not every escape may stand in a bracket: the
    /// caller sorts that out.
    pub(super) fn escape(&mut self) -> Result<Token, PatternFault> {
        let mark = self.peek().ok_or(self.fault(Reason::Escape))?;
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
            _ => Err(self.fault(Reason::Escape)),
        }
    }

    /// `\cX`: the character whose low five bits are those of X.
    fn control_key(&mut self) -> Result<Token, PatternFault> {
        let key = self.peek().ok_or(self.fault(Reason::Escape))?;
        self.at += 1;
        Ok(Token::Plain(u32::from(key) & 0x1F))
    }

    fn code(&mut self, base: u32, least: usize, most: usize) -> Result<Token, PatternFault> {
        let code = self.digits(base, least, most)?;
        if code > CODE_LAST {
            return Err(self.fault(Reason::Escape));
        }
        Ok(Token::Plain(code))
    }

    /// A number right after the backslash: a back-reference when it has one digit or when so many
    /// groups are open already, an octal code otherwise.
    fn number(&mut self, mark: char) -> Result<Token, PatternFault> {
        let second = self.at;
        self.at -= 1;
        if mark != '0' {
            let number = self.digits(10, 1, 255)?;
            let known = i32::try_from(number).is_ok_and(|n| n > 0) && number <= self.groups;
            if self.at == second || known {
                return Ok(Token::Back(number));
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

    /// Digits of the base, as many as there are up to `most`; past 32 bits the value wraps.
    fn digits(&mut self, base: u32, least: usize, most: usize) -> Result<u32, PatternFault> {
        let mut value = 0_u32;
        let start = self.at;
        while self.at - start < most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(base)) else {
                break;
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.at += 1;
        }
        if self.at - start < least {
            return Err(self.fault(Reason::Escape));
        }
        Ok(value)
    }
}

/// Escapes that stand for one character.
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
        'y' => Anchor::WordEdge,
        'Y' => Anchor::NotWordEdge,
        'Z' => Anchor::TextEnd,
        _ => return None,
    })
}

fn class(mark: char) -> Option<(Class, Sense)> {
    Some(match mark {
        'd' => (Class::Digit, Sense::Positive),
        'D' => (Class::Digit, Sense::Negated),
        's' => (Class::Space, Sense::Positive),
        'S' => (Class::Space, Sense::Negated),
        'w' => (Class::Word, Sense::Positive),
        'W' => (Class::Word, Sense::Negated),
        _ => return None,
    })
}
