//! Characters of phone numbers that mean the same as an ASCII character, and characters that mean nothing.

/// The digits zero of scripts whose digits follow each other in Unicode.
const ZEROS: [u32; 32] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
    0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa9d0, 0xff10,
];

/// Whether a character is drawn as nothing: marks of direction and width, soft hyphens, byte-order marks.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// The text with ASCII digits, blanks, hyphens, plus signs and parentheses, and without invisible characters. Line
/// breaks stay.
pub fn ascii_signs(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).map(ascii_sign).collect()
}

fn ascii_sign(c: char) -> char {
    match c {
        '\n' | '\r' => '\n',
        // It stands for the pause after a prefix.
        '~' => '-',
        c if c.is_ascii_graphic() || c == ' ' => c,
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{2e3a}'
        | '\u{2e3b}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}'
        | '\u{30fc}' => '-',
        '\u{2044}' | '\u{2215}' | '\u{ff0f}' => '/',
        '\u{ff0b}' | '\u{fe62}' | '\u{2795}' => '+',
        '\u{ff08}' => '(',
        '\u{ff09}' => ')',
        '\u{ff0c}' | '\u{60c}' | '\u{3001}' => ',',
        '\u{ff1b}' | '\u{61b}' => ';',
        '\u{ff1a}' => ':',
        '\u{ff0e}' | '\u{b7}' | '\u{2022}' | '\u{2024}' => '.',
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' => '\'',
        c if c.is_whitespace() || c.is_control() => ' ',
        c => digit(c).unwrap_or(c),
    }
}

/// The ASCII digit of a decimal digit of another script.
fn digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_read() {
        for zero in ZEROS {
            let digits: String = (0..10).filter_map(|at| char::from_u32(zero + at)).collect();
            assert_eq!(ascii_signs(&digits), "0123456789", "{zero:x}");
        }
        assert_eq!(ascii_signs("\u{202a}\u{ff0b}7\u{a0}(9\u{2011}1)\u{feff}"), "+7 (9-1)");
    }
}
