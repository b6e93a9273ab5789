//! Terraform.

use serde_json::Value;

use super::resource::Read;

pub(super) fn is_one(_: &Value) -> bool {
    false
}

pub(super) fn read(_: &str, _: &Value) -> Read {
    Read::default()
}
