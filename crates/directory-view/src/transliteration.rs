//! Names in plain Latin letters, for displays that show no others.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What stands for a letter that has no Latin form here.
const UNKNOWN: char = '?';

/// A text in ASCII: Cyrillic letters as they are usually written in Latin ones, German umlauts with an `e`, other letters
/// without their marks; what has no such form becomes `?`.
pub fn ascii(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for letter in text.nfc() {
        if letter.is_ascii() {
            out.push(letter);
            continue;
        }
        let lower = letter.to_lowercase().next().unwrap_or(letter);
        match latin(lower) {
            Some(latin) if lower == letter => out.push_str(latin),
            Some(latin) => {
                let mut letters = latin.chars();
                out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                out.push_str(letters.as_str());
            }
            None => unmarked(letter, &mut out),
        }
    }
    out
}

/// A letter without its marks.
fn unmarked(letter: char, out: &mut String) {
    let mut base = std::iter::once(letter).nfkd().filter(|part| !is_combining_mark(*part)).peekable();
    if base.peek().is_none() {
        return;
    }
    out.extend(base.map(|part| if part.is_ascii() { part } else { UNKNOWN }));
}

/// A small letter in Latin ones.
fn latin(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ё' => "yo",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' => "i",
        'й' | 'ы' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ю' => "yu",
        'я' => "ya",
        'є' => "ye",
        'ї' => "yi",
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        '’' | '‘' => "'",
        '“' | '”' | '«' | '»' => "\"",
        '–' | '—' | '‐' | '‑' => "-",
        '№' => "No",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn names_are_written_in_latin_letters() {
        for (text, expected) in [
            ("Щербаков Юрий Ёлкин", "Shcherbakov Yuriy Yolkin"),
            ("Müller-Weiß, Jürgen", "Mueller-Weiss, Juergen"),
            ("Jose\u{301} Núñez Łukasz Ñ", "Jose Nunez Lukasz N"),
            ("Олександр Їжак", "Oleksandr Yizhak"),
            ("電話", "??"),
            ("plain", "plain"),
        ] {
            assert_eq!(ascii(text), expected, "{text}");
        }
    }
}
