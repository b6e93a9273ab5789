//! What must never reach a topology: values of parameters and properties that by their name are
//! passwords, keys, tokens or scripts that may hold one.

use serde_json::Value as Json;

use super::value::HIDDEN;

/// Names that end so hold a secret. A `resourceToken` does not: it makes names unique.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passwordorkey",
    "passphrase",
    "secret",
    "secrets",
    "sharedkey",
    "accesskey",
    "accountkey",
    "storagekey",
    "apikey",
    "privatekey",
    "primarykey",
    "secondarykey",
    "authorizationkey",
    "servicekey",
    "licensekey",
    "sastoken",
    "accesstoken",
    "apitoken",
    "authtoken",
    "bearertoken",
    "refreshtoken",
    "registrationtoken",
    "sas",
    "connectionstring",
    "credential",
    "credentials",
    "customdata",
    "userdata",
    "protectedsettings",
    "commandtoexecute",
    "securevalue",
    "pfxblob",
    "certificatedata",
];

/// Whether a parameter or property of that name holds a secret.
pub(super) fn names_secret(name: &str) -> bool {
    let folded: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    folded == "token" || ENDINGS.iter().any(|ending| folded.ends_with(ending))
}

/// Hides what stands under such a name; references to where a secret is kept stay.
pub(super) fn hide(value: &mut Json) {
    match value {
        Json::Array(elements) => elements.iter_mut().for_each(hide),
        Json::Object(members) => {
            for (key, value) in members {
                let hidden = match value {
                    Json::String(text) => !text.is_empty(),
                    Json::Object(inner) => !inner.contains_key("id"),
                    Json::Array(inner) => !inner.is_empty(),
                    _ => false,
                };
                if hidden && names_secret(key) {
                    *value = Json::String(HIDDEN.to_owned());
                } else {
                    hide(value);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_named_like_a_secret_is_hidden() {
        let mut value = json!({
            "adminPassword": "x", "adminUsername": "u", "sharedKey": "k", "keyData": "ssh-rsa",
            "settings": [{ "commandToExecute": "sh -p x", "SAS_TOKEN": "t", "secret": "" }],
            "protectedSettings": { "a": 1 }, "disablePasswordAuthentication": true,
            "secrets": [], "credential": { "id": "/x" }, "token": "t", "resourceToken": "abc",
        });
        hide(&mut value);
        assert_eq!(
            value,
            json!({
                "adminPassword": "***", "adminUsername": "u", "sharedKey": "***", "keyData": "ssh-rsa",
                "settings": [{ "commandToExecute": "***", "SAS_TOKEN": "***", "secret": "" }],
                "protectedSettings": "***", "disablePasswordAuthentication": true,
                "secrets": [], "credential": { "id": "/x" }, "token": "***", "resourceToken": "abc",
            })
        );
    }
}
