//! Places that senders name by two values: a latitude and a longitude.

use super::usual::squash;

/// What stands before the two, squashed as usual names are; the field's own name comes first.
const PREFIXES: &[&str] = &["", "location", "geolocation", "coordinates", "position", "gps"];
const LATITUDES: &[&str] = &["lat", "latitude"];
const LONGITUDES: &[&str] = &["lon", "lng", "long", "longitude"];

/// The squashed names of latitude and longitude under which a field's place may come, the likeliest first. Only the
/// built-in `geo` also comes under other names than its own.
pub(super) fn usual_pairs(field: &str) -> impl Iterator<Item = (String, String)> {
    let others = if field == "geo" { PREFIXES } else { &[] };
    let prefixes = std::iter::once(squash(field)).chain(others.iter().map(|&prefix| prefix.to_owned()));
    prefixes.flat_map(|prefix| {
        LATITUDES.iter().flat_map(move |lat| {
            let prefix = prefix.clone();
            LONGITUDES.iter().map(move |lon| (format!("{prefix}{lat}"), format!("{prefix}{lon}")))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs() {
        let has = |field: &str, lat: &str, lon: &str| usual_pairs(field).any(|pair| pair == (lat.into(), lon.into()));
        assert!(
            has("geo", "geolat", "geolon") && has("geo", "lat", "lng") && has("geo", "gpslatitude", "gpslongitude")
        );
        assert!(has("branch.place", "branchplacelat", "branchplacelon") && !has("branch.place", "lat", "lon"));
    }
}
