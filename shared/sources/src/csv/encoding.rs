//! Which encoding a file has, and its bytes as text.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use leadyard_domain::import::Encoding;

/// Bytes of a file's beginning in which zeros are counted.
const ZEROS_IN: usize = 4 * 1024;
/// UTF-16 without a mark is taken for it when one in so many of its units has a zero byte: each delimiter and line break does,
/// whatever the language.
const ZERO_IN_UNITS: usize = 20;
/// The longest run of bytes that continue a character in UTF-8.
const CONTINUED_MAX: usize = 3;

/// The encoding of a file by its beginning, and the bytes of its mark. `utf8` says whether all of it may be UTF-8; what is
/// nothing else is Windows-1252, in which every byte is a character.
pub(super) fn encoding(sample: &[u8], utf8: bool) -> (Encoding, usize) {
    for (mark, encoding) in
        [(&b"\xef\xbb\xbf"[..], Encoding::Utf8), (b"\xff\xfe", Encoding::Utf16Le), (b"\xfe\xff", Encoding::Utf16Be)]
    {
        if sample.starts_with(mark) {
            return (encoding, mark.len());
        }
    }
    let beginning = &sample[..sample.len().min(ZEROS_IN)];
    let zeros = |odd: usize| beginning.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if (even + odd) * ZERO_IN_UNITS > beginning.len() / 2 && even != odd {
        return (if odd > even { Encoding::Utf16Le } else { Encoding::Utf16Be }, 0);
    }
    (if utf8 { Encoding::Utf8 } else { Encoding::Windows1252 }, 0)
}

/// The bytes of the mark that a file of this encoding begins with, if it does.
pub(super) fn mark_bytes(sample: &[u8], encoding: Encoding) -> usize {
    match self::encoding(sample, true) {
        (found, bytes) if found == encoding => bytes,
        _ => 0,
    }
}

/// Whether bytes may be a part of a UTF-8 text. A character may be cut at both ends; at the beginning only where something
/// stands before.
#[must_use]
pub fn may_be_utf8(bytes: &[u8], first: bool) -> bool {
    let continued = |byte: &&u8| matches!(**byte, 0x80..=0xbf);
    let cut = if first { 0 } else { bytes.iter().take(CONTINUED_MAX).take_while(continued).count() };
    match std::str::from_utf8(&bytes[cut..]) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// The text of some bytes; `None` when they are none in that encoding.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    let (text, malformed) = match encoding {
        Encoding::Utf8 => return std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Encoding::Utf16Le => UTF_16LE.decode_without_bom_handling(bytes),
        Encoding::Utf16Be => UTF_16BE.decode_without_bom_handling(bytes),
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(bytes),
    };
    (!malformed).then_some(text)
}
