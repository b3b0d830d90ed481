//! One JSON object on one line.

use super::form::Form;

pub const JSON: Form = Form {
    name: "json",
    about: "one JSON object",
    // Numbers, texts and names: nothing that JSON cannot say.
    render: |table| serde_json::to_string(table).unwrap_or_default() + "\n",
};
