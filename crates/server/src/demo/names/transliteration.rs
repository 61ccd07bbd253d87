//! Spelling a name in plain lower-case ASCII, as its bearer would in an e-mail address. One letter
//! at a time; scripts that cannot be to_ascii so (Han, Arabic, Hebrew) give nothing here.

/// The ASCII letters for one character in lower case; empty if there are none.
fn letters(lower: char) -> &'static str {
    latin(lower).or_else(|| cyrillic(lower)).or_else(|| greek(lower)).or_else(|| caucasian(lower)).unwrap_or("")
}

fn latin(lower: char) -> Option<&'static str> {
    Some(match lower {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ẩ' | 'ẫ' | 'ậ' | 'ắ' | 'ằ' | 'ẳ'
        | 'ẵ' | 'ặ' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => {
            "e"
        }
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' | 'ị' | 'ỉ' | 'ĩ' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ơ' | 'ọ' | 'ỏ' | 'ố' | 'ồ' | 'ổ' | 'ỗ' | 'ộ' | 'ớ' | 'ờ' | 'ở' | 'ỡ'
        | 'ợ' => "o",
        'ö' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' => "s",
        'ß' => "ss",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ū' | 'ư' | 'ụ' | 'ủ' | 'ũ' | 'ứ' | 'ừ' | 'ử' | 'ữ' | 'ự' => "u",
        'ü' => "ue",
        'ý' | 'ỳ' | 'ỷ' | 'ỹ' | 'ỵ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

fn cyrillic(lower: char) -> Option<&'static str> {
    Some(match lower {
        'а' | 'ә' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ғ' | 'ґ' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ё' => "yo",
        'є' => "ye",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' => "i",
        'ї' => "yi",
        'й' | 'ы' => "y",
        'к' | 'қ' => "k",
        'л' => "l",
        'м' => "m",
        'н' | 'ң' => "n",
        'о' | 'ө' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ұ' | 'ү' => "u",
        'ф' => "f",
        'х' => "kh",
        'һ' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "sch",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

fn greek(lower: char) -> Option<&'static str> {
    Some(match lower {
        'α' | 'ά' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' | 'έ' => "e",
        'ζ' => "z",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "x",
        'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' | 'ς' => "s",
        'τ' => "t",
        'υ' | 'ύ' => "y",
        'φ' => "f",
        'χ' => "ch",
        'ψ' => "ps",
        _ => return None,
    })
}

fn caucasian(lower: char) -> Option<&'static str> {
    const GEORGIAN: [&str; 33] = [
        "a", "b", "g", "d", "e", "v", "z", "t", "i", "k", "l", "m", "n", "o", "p", "zh", "r", "s", "t", "u", "p", "k",
        "gh", "q", "sh", "ch", "ts", "dz", "ts", "ch", "kh", "j", "h",
    ];
    const ARMENIAN: [&str; 39] = [
        "a", "b", "g", "d", "e", "z", "e", "y", "t", "zh", "i", "l", "kh", "ts", "k", "h", "dz", "gh", "ch", "m", "y",
        "n", "sh", "o", "ch", "p", "j", "r", "s", "v", "t", "r", "ts", "v", "p", "k", "o", "f", "ev",
    ];
    let point = lower as usize;
    let georgian = point.checked_sub(0x10D0).and_then(|at| GEORGIAN.get(at));
    let armenian = point.checked_sub(0x561).and_then(|at| ARMENIAN.get(at));
    georgian.or(armenian).copied()
}

/// `text` in `a`…`z`, `0`…`9` and single inner hyphens, at most `chars_max` of them; may be empty.
pub fn to_ascii(text: &str, chars_max: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for lower in text.chars().flat_map(char::to_lowercase) {
        match lower {
            'a'..='z' | '0'..='9' => out.push(lower),
            '-' | '–' if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => out.push_str(letters(lower)),
        }
    }
    out.truncate(chars_max);
    out.truncate(out.trim_end_matches('-').len());
    out
}

#[cfg(test)]
mod tests {
    use super::to_ascii;

    #[test]
    fn names_are_to_ascii_as_their_bearers_would() {
        for (name, ascii) in [
            ("Щербаков", "scherbakov"),
            ("Müller", "mueller"),
            ("D’Angelo", "dangelo"),
            ("Nguyễn", "nguyen"),
            ("İnce", "ince"),
            ("Παπαδοπούλου", "papadopoyloy"),
            ("ბერიძე", "beridze"),
            ("Սարգսյան", "sargsyan"),
            ("Anna-Lena", "anna-lena"),
            ("王", ""),
        ] {
            assert_eq!(to_ascii(name, 64), ascii, "{name}");
        }
        assert_eq!(to_ascii("ab-cd", 3), "ab");
    }
}
