//! The forms in which a text may stand in another one.

use super::LEN_MIN;

/// A text that is looked for, with the ways in which each of its characters may be written.
#[derive(Clone)]
pub(super) struct Needle {
    /// How many characters it has; an empty one is found nowhere.
    chars: Vec<Forms>,
    /// Whether it is found only where it is a word of its own.
    word: bool,
}

/// The ways to write one character: first as it is, then escaped.
#[derive(Clone)]
struct Forms(Vec<String>);

/// Where a needle that was found ends.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) end: usize,
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().map(Forms::of).collect(), word: text.chars().count() < LEN_MIN }
    }

    /// What a place may begin with at which the needle is found.
    pub(super) fn first_bytes(&self) -> impl Iterator<Item = u8> + '_ {
        let forms = self.chars.first().into_iter().flat_map(|forms| &forms.0);
        forms.filter_map(|form| form.as_bytes().first().copied())
    }

    /// Whether the needle begins at this place of a text, and where it ends: the longest way to read it. The end of the text
    /// ends it, too, when enough of it stands there: what is kept of an answer is cut.
    pub(super) fn at(&self, text: &str, at: usize) -> Option<Found> {
        if self.chars.is_empty() || self.word && text[..at].chars().next_back().is_some_and(is_of_word) {
            return None;
        }
        // A `%` may be itself or begin an escape, so that there may be several ways.
        let mut ends = vec![at];
        for (index, forms) in self.chars.iter().enumerate() {
            let mut next = Vec::new();
            for end in ends {
                let rest = &text[end..];
                if index >= LEN_MIN && (rest.is_empty() || forms.begin_with(rest)) {
                    return Some(Found { end: text.len() });
                }
                next.extend(forms.lengths(rest).map(|length| end + length));
            }
            next.sort_unstable();
            next.dedup();
            ends = next;
            if ends.is_empty() {
                return None;
            }
        }
        let fits = |end: &usize| !self.word || !text[*end..].chars().next().is_some_and(is_of_word);
        ends.into_iter().filter(fits).max().map(|end| Found { end })
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Forms {
    fn of(c: char) -> Self {
        let mut forms = vec![c.to_string()];
        // In a URL, in either case; and twice, for a URL in a URL.
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).bytes();
        let percent: String = bytes.map(|byte| format!("%{byte:02x}")).collect();
        forms.push(percent.replace('%', "%25"));
        forms.push(percent);
        // In JSON, by units of UTF-16; and in a JSON text in JSON.
        let mut buffer = [0; 2];
        let unicode: String = c.encode_utf16(&mut buffer).iter().map(|unit| format!("\\u{unit:04x}")).collect();
        forms.push(format!("\\{unicode}"));
        forms.push(unicode);
        forms.extend([format!("&#{};", u32::from(c)), format!("&#x{:x};", u32::from(c))]);
        let more: &[&str] = match c {
            ' ' => &["+"],
            '"' => &["\\\"", "\\\\\\\"", "&quot;"],
            '\\' => &["\\\\", "\\\\\\\\"],
            '/' => &["\\/", "\\\\/"],
            '&' => &["&amp;"],
            '<' => &["&lt;"],
            '>' => &["&gt;"],
            '\'' => &["&apos;", "\\'"],
            '\t' => &["\\t", "\\\\t"],
            _ => &[],
        };
        forms.extend(more.iter().map(|&form| form.to_owned()));
        Self(forms)
    }

    /// How far a text is this character, by each way to write it that stands there.
    fn lengths<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + 'a {
        let stands = |(index, form): (usize, &String)| {
            let begin = text.as_bytes().get(..form.len())?;
            same(index, begin, form.as_bytes()).then_some(form.len())
        };
        self.0.iter().enumerate().filter_map(stands)
    }

    /// Whether a text is the beginning of a way to write this character, and no more.
    fn begin_with(&self, text: &str) -> bool {
        let begins = |(index, form): (usize, &String)| {
            form.as_bytes().get(..text.len()).is_some_and(|begin| same(index, begin, text.as_bytes()))
        };
        self.0.iter().enumerate().any(begins)
    }
}

/// The character itself must be the same; the letters of an escape are hexadecimal digits and may be of either case.
fn same(index: usize, one: &[u8], other: &[u8]) -> bool {
    if index == 0 { one == other } else { one.eq_ignore_ascii_case(other) }
}
