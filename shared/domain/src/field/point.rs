//! A place on the earth.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A latitude and a longitude in degrees (WGS 84), exact to a ten-millionth: about a centimetre.
///
/// Kept as integers, so that places have an order and no place is NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Degrees", into = "Degrees")]
pub struct Point {
    lat_e7: i32,
    lon_e7: i32,
}

/// The stored form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Degrees {
    lat: f64,
    lon: f64,
}

/// Numbers or a text that name no place on the earth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPoint {
    /// No latitude.
    #[error("a latitude is a number from -90 to 90")]
    Latitude,
    /// No longitude.
    #[error("a longitude is a number from -180 to 180")]
    Longitude,
    /// Not two numbers.
    #[error("a place is written as latitude and longitude, such as 52.52,13.405")]
    Shape,
}

const PER_DEGREE: f64 = 1e7;
/// The mean radius of the earth in kilometres: R1 of the International Union of Geodesy and Geophysics.
const EARTH_RADIUS_KM: f64 = 6371.0088;

impl Point {
    /// A place from degrees.
    ///
    /// # Errors
    /// When one of the numbers is out of its range or no number.
    pub fn new(lat: f64, lon: f64) -> Result<Self, InvalidPoint> {
        let lat_e7 = scaled(lat, 90.0).ok_or(InvalidPoint::Latitude)?;
        let lon_e7 = scaled(lon, 180.0).ok_or(InvalidPoint::Longitude)?;
        Ok(Self { lat_e7, lon_e7 })
    }

    /// The latitude in degrees, from -90 to 90.
    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / PER_DEGREE
    }

    /// The longitude in degrees, from -180 to 180.
    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / PER_DEGREE
    }

    /// The great-circle distance in kilometres on a sphere of the earth's mean radius (haversine): at most 0.6 % from the
    /// distance on the ellipsoid.
    #[must_use]
    pub fn distance_km(self, other: Self) -> f64 {
        let half_sine_squared = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let scale = self.lat().to_radians().cos() * other.lat().to_radians().cos();
        let h = half_sine_squared(self.lat(), other.lat()) + scale * half_sine_squared(self.lon(), other.lon());
        // Rounding may leave h a little above 1 for opposite places.
        2.0 * EARTH_RADIUS_KM * h.clamp(0.0, 1.0).sqrt().asin()
    }
}

fn scaled(degrees: f64, max: f64) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "at most 180e7, which an i32 holds")]
    (-max..=max).contains(&degrees).then(|| (degrees * PER_DEGREE).round() as i32)
}

impl TryFrom<Degrees> for Point {
    type Error = InvalidPoint;
    fn try_from(Degrees { lat, lon }: Degrees) -> Result<Self, InvalidPoint> {
        Self::new(lat, lon)
    }
}

impl From<Point> for Degrees {
    fn from(point: Point) -> Self {
        Self { lat: point.lat(), lon: point.lon() }
    }
}

/// `52.52,13.405`, with or without spaces.
impl FromStr for Point {
    type Err = InvalidPoint;
    fn from_str(text: &str) -> Result<Self, InvalidPoint> {
        let (lat, lon) = text.split_once(',').ok_or(InvalidPoint::Shape)?;
        // The standard library also reads "inf" and "nan"; the ranges refuse them.
        let degrees = |text: &str| text.trim().parse::<f64>().map_err(|_| InvalidPoint::Shape);
        Self::new(degrees(lat)?, degrees(lon)?)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.lat(), self.lon())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(lat: f64, lon: f64) -> Point {
        Point::new(lat, lon).unwrap()
    }

    #[test]
    fn what_is_no_place() {
        for (lat, lon, error) in [
            (90.1, 0.0, InvalidPoint::Latitude),
            (-90.1, 0.0, InvalidPoint::Latitude),
            (f64::NAN, 0.0, InvalidPoint::Latitude),
            (0.0, 180.1, InvalidPoint::Longitude),
            (0.0, f64::NAN, InvalidPoint::Longitude),
            (0.0, f64::NEG_INFINITY, InvalidPoint::Longitude),
        ] {
            assert_eq!(Point::new(lat, lon), Err(error), "{lat} {lon}");
        }
        assert_eq!("52.52".parse::<Point>(), Err(InvalidPoint::Shape));
        assert_eq!("Berlin, Germany".parse::<Point>(), Err(InvalidPoint::Shape));
        assert_eq!("nan,0".parse::<Point>(), Err(InvalidPoint::Latitude));
        assert_eq!(" 52.52 , -13.405 ".parse(), Ok(at(52.52, -13.405)));
    }

    #[test]
    fn distances_of_cities() {
        // As maps tell them, on the ellipsoid.
        let (london, paris) = (at(51.5074, -0.1278), at(48.8566, 2.3522));
        let (new_york, los_angeles) = (at(40.7128, -74.0060), at(34.0522, -118.2437));
        let (singapore, sydney) = (at(1.3592, 103.9893), at(-33.9461, 151.1772));
        for (from, to, km) in [
            (london, paris, 343.9),
            (new_york, los_angeles, 3_944.4),
            (london, new_york, 5_585.2),
            (singapore, sydney, 6_287.0),
        ] {
            assert!((from.distance_km(to) - km).abs() < km * 0.006, "{from} to {to}: {}", from.distance_km(to));
        }
        // Over the date line, over the pole, and half around.
        let degree = std::f64::consts::PI * EARTH_RADIUS_KM / 180.0;
        for (from, to, degrees) in [
            (at(0.0, 179.5), at(0.0, -179.5), 1.0),
            (at(89.5, 0.0), at(89.5, 180.0), 1.0),
            (at(0.0, 0.0), at(0.0, 180.0), 180.0),
            (at(90.0, 0.0), at(-90.0, 77.0), 180.0),
        ] {
            assert!((from.distance_km(to) - degrees * degree).abs() < 1e-6, "{from} {to}");
        }
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_bounded(
            a in (-90.0..=90.0, -180.0..=180.0), b in (-90.0..=90.0, -180.0..=180.0),
        ) {
            let (a, b) = (at(a.0, a.1), at(b.0, b.1));
            prop_assert!((a.distance_km(b) - b.distance_km(a)).abs() < 1e-9);
            prop_assert!((0.0..=20_016.0).contains(&a.distance_km(b)));
            prop_assert!(a.distance_km(a).abs() < 1e-9);
        }

        #[test]
        fn degrees_read_back_as_they_were(lat in -90.0..=90.0, lon in -180.0..=180.0) {
            let point = at(lat, lon);
            prop_assert_eq!(at(point.lat(), point.lon()), point);
            prop_assert_eq!(point.to_string().parse(), Ok(point));
            let json = serde_json::to_string(&point).unwrap();
            prop_assert_eq!(serde_json::from_str::<Point>(&json).unwrap(), point);
        }
    }
}
