//! `within_km`.

use serde_json::Value;

use super::{Fault, Operand, Scalar, Spec, Written, shown};
use crate::condition::Circle;
use crate::field::{FieldType, InvalidPoint, Point};

pub(super) static WITHIN_KM: Spec = Spec {
    applies: |kind| kind == FieldType::Geo,
    expects: "it measures from geo fields",
    read,
    keeps_case: false,
    when_missing: false,
    test: within,
};

const NEEDS: &str = "a place and a distance, such as {lat: 52.52, lon: 13.405, km: 50}";
/// Half the earth's circumference, rounded up: no place is farther.
const KM_MAX: f64 = 20_016.0;
const MM_PER_KM: f64 = 1e6;

fn read(written: &Written<'_>) -> Result<Operand, Fault> {
    let object = match written.required(NEEDS)? {
        Value::Object(object) => object,
        other => return Err(Fault::value(format!("{} does not fit: 'within_km' needs {NEEDS}", shown(other)))),
    };
    if let Some(other) = object.keys().find(|key| !["lat", "lon", "km"].contains(&key.as_str())) {
        return Err(Fault::at(&format!(".{other}"), format!("'{other}' is unknown here: 'within_km' needs {NEEDS}")));
    }
    let number = |name: &str, expected: &str| {
        let value = object.get(name);
        value.and_then(Value::as_f64).ok_or_else(|| match value {
            Some(other) => Fault::at(&format!(".{name}"), format!("{} does not fit: {expected}", shown(other))),
            None => Fault::value(format!("'{name}' is missing: 'within_km' needs {NEEDS}")),
        })
    };
    let lat = number("lat", &InvalidPoint::Latitude.to_string())?;
    let lon = number("lon", &InvalidPoint::Longitude.to_string())?;
    let radius = format!("a distance is a number of kilometres, more than 0 and at most {KM_MAX}");
    let km = number("km", &radius)?;
    let centre = Point::new(lat, lon).map_err(|error| match error {
        InvalidPoint::Latitude => Fault::at(".lat", format!("{lat} does not fit: {error}")),
        error => Fault::at(".lon", format!("{lon} does not fit: {error}")),
    })?;
    if !(km > 0.0 && km <= KM_MAX) {
        return Err(Fault::at(".km", format!("{km} does not fit: {radius}")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to KM_MAX")]
    let radius_mm = (km * MM_PER_KM).round() as u64;
    Ok(Operand::Within(Circle { centre, radius_mm }))
}

fn within(value: &Scalar, operand: &Operand) -> bool {
    matches!((value, operand), (Scalar::Geo(place), Operand::Within(circle)) if circle.holds(*place))
}
