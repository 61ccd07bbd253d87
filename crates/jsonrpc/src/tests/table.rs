//! Every parameter is read as the method table says: its need, its type, its bounds.

use super::*;
use crate::method::{Form, Need, Parameter, Spec};
use ringbook_app::access::Scope;

/// A value that the form takes.
fn good(form: Form) -> Value {
    match form {
        Form::Name => json!("x"),
        Form::Phone => json!("123"),
        Form::Phones => json!(["123"]),
        Form::Id => json!(1),
        Form::Moment | Form::IntervalEnd(_) => json!("2026-01-01"),
        Form::Flag => json!(true),
        Form::Uploads => json!([{"last_name": "a", "phone_numbers": ["123"]}]),
        _ => json!(""),
    }
}

/// A value of a type that the form does not take; `None` where another rule refuses everything.
fn mistyped(form: Form) -> Option<Value> {
    match form {
        Form::Whole(_) => Some(json!(true)),
        Form::Id => Some(json!("x")),
        Form::Telephony => None,
        _ => Some(json!(5)),
    }
}

/// Values just outside the bounds, and the bound that the error names.
fn outside(form: Form) -> Vec<(Value, usize)> {
    match form {
        Form::Whole(range) => vec![(json!(range.max + 1), range.max), (json!(range.min as i64 - 1), range.max)],
        Form::Ids(bounds) => vec![(json!(vec![1; bounds.max + 1]), bounds.max)],
        _ => Vec::new(),
    }
}

/// All that the method requires.
fn required(spec: &Spec) -> Value {
    let needed = spec.parameters.iter().filter(|parameter| parameter.need == Need::Required);
    let mut params: Value = needed
        .map(|parameter| (parameter.name.to_owned(), good(parameter.form)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    if spec.takes("ids") {
        params["id"] = json!(1);
    }
    params
}

async fn judge(world: &World, spec: &Spec, parameter: &Parameter) {
    let Parameter { name, form, need, .. } = *parameter;
    let place = format!("{} {name}", spec.name);
    let tell = async |value: Option<Value>| {
        let mut params = required(spec);
        match value {
            Some(value) => params[name] = value,
            None => drop(params.as_object_mut().and_then(|params| params.remove(name))),
        }
        let answer = world.call(&world.client.token, spec.name, params).await;
        let data = answer["error"]["data"].clone();
        (outcome(&answer).to_owned(), data["field"] == name, data["params"]["max"].clone())
    };
    let is_at = |told: &(String, bool, Value), mnemonic: &str| (told.0 == mnemonic) && told.1;
    match need {
        Need::Required => assert!(is_at(&tell(None).await, "required_parameter_missed"), "{place}"),
        Need::Lasting => {
            assert!(!tell(None).await.1, "{place}");
            assert!(is_at(&tell(Some(Value::Null)).await, "invalid_parameter_value"), "{place}");
        }
        // One of id and ids must be there.
        Need::Optional if spec.takes("ids") => {}
        Need::RequiredForAgents | Need::Optional | Need::Clearable => {
            assert!(!tell(None).await.1, "{place}");
            assert!(!tell(Some(Value::Null)).await.1, "{place}");
        }
    }
    match mistyped(form) {
        Some(value) => assert!(is_at(&tell(Some(value)).await, "data_type_error"), "{place}"),
        None => assert!(is_at(&tell(Some(json!({}))).await, "parameter_component_disabled"), "{place}"),
    }
    for (value, max) in outside(form) {
        let told = tell(Some(value)).await;
        assert!(is_at(&told, "invalid_parameter_value"), "{place}: {told:?}");
        assert_eq!(told.2, max, "{place}");
    }
}

#[tokio::test]
async fn every_parameter_is_read_as_the_table_says() {
    let world = world().await;
    let mut judged = 0;
    for method in Method::ALL {
        let Method::Guarded(guarded) = method else { continue };
        if guarded.requirement().scope == Scope::AgentOnly {
            continue;
        }
        for parameter in method.spec().parameters {
            judge(&world, method.spec(), parameter).await;
            judged += 1;
        }
    }
    assert!(judged > 100, "{judged}");
}
