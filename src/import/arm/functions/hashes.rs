//! Names made by hashing: `uniqueString` and `guid` (`template-functions-string`), and base64.
//!
//! `guid` is what `bicep-functions-string#guid` says: a version 5 UUID of the arguments, joined by
//! hyphens, in a namespace of its own. `uniqueString` is not documented; it is the MurmurHash3
//! variant of 64 bits over the arguments joined by hyphens, in base32, and held here to what Azure
//! gave.

use uuid::Uuid;

use super::super::value::{Result, Value, fail};
use super::Arguments;
use super::strings::to_text;

pub(super) const NAMES: &[&str] = &["guid", "uniquestring"];

/// The namespace of `guid`.
const NAMESPACE: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let make = match name {
        "guid" => guid,
        "uniquestring" => unique_string,
        _ => return None,
    };
    let a = Arguments::new(name, values);
    Some(a.count(1, usize::MAX).and_then(|()| {
        let texts: Result<Vec<String>> = values.iter().map(to_text).collect();
        Ok(make(&texts?.join("-")).into())
    }))
}

/// The UUID that `guid` gives for a text.
pub(in super::super) fn guid(text: &str) -> String {
    Uuid::new_v5(&NAMESPACE, text.as_bytes()).to_string()
}

fn unique_string(text: &str) -> String {
    let mut hash = murmur(text.as_bytes());
    (0..13)
        .map(|_| {
            let digit = usize::try_from(hash >> 59).unwrap_or_default();
            hash <<= 5;
            char::from(b"abcdefghijklmnopqrstuvwxyz234567"[digit])
        })
        .collect()
}

fn murmur(data: &[u8]) -> u64 {
    const C1: u32 = 0x239b_961b;
    const C2: u32 = 0xab0e_9789;
    let first = |k: u32| k.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
    let second = |k: u32| k.wrapping_mul(C2).rotate_left(17).wrapping_mul(C1);
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0_u32, |word, &byte| word << 8 | u32::from(byte))
    };
    let step = |h: u32, turn: u32, other: u32, plus: u32| {
        h.rotate_left(turn)
            .wrapping_add(other)
            .wrapping_mul(5)
            .wrapping_add(plus)
    };
    let (mut h1, mut h2) = (0_u32, 0_u32);
    let blocks = data.chunks_exact(8);
    let tail = blocks.remainder();
    for block in blocks {
        let (low, high) = block.split_at(4);
        h1 = step(h1 ^ first(word(low)), 19, h2, 0x561c_cd1b);
        h2 = step(h2 ^ second(word(high)), 13, h1, 0x0bca_a747);
    }
    let (low, high) = tail.split_at(tail.len().min(4));
    h1 ^= first(word(low));
    h2 ^= second(word(high));
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mix = |h: u32| {
        let h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
        let h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
        h ^ h >> 16
    };
    h1 ^= length;
    h2 ^= length;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = mix(h1);
    h2 = mix(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    u64::from(h2) << 32 | u64::from(h1)
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648).
pub(super) fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, at| {
            word << 8 | u32::from(chunk.get(at).copied().unwrap_or_default())
        });
        for at in 0..4 {
            let digit = usize::try_from(word >> (18 - 6 * at) & 63).unwrap_or_default();
            out.push(if at <= chunk.len() {
                DIGITS[digit].into()
            } else {
                '='
            });
        }
    }
    out
}

pub(super) fn from_base64(text: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let Some(digit) = DIGITS.iter().position(|&digit| digit == byte) else {
            return fail("the text is not base64");
        };
        word = word << 6 | u32::try_from(digit).unwrap_or_default();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 255).try_into().unwrap_or_default());
        }
    }
    String::from_utf8(bytes).or_else(|_| fail("the base64 text holds no UTF-8"))
}
