//! The usual names of things: what forms, ad platforms and CRMs call a lead's fields.
//!
//! Names are compared without case and without anything that is no letter or digit: `E-Mail`, `e_mail` and `eMail` are
//! one.

/// A lead's field and the names by which senders call it, squashed; the first that has a value is taken.
pub type UsualKey = (&'static str, &'static [&'static str]);

/// What every format knows.
pub(crate) const USUAL_KEYS: &[UsualKey] = &[
    (
        "email",
        &[
            "email",
            "emailaddress",
            "mail",
            "mailaddress",
            "youremail",
            "workemail",
            "businessemail",
            "contactemail",
            "useremail",
            "customeremail",
            "leademail",
            "emailid",
            "correo",
            "correoelectronico",
        ],
    ),
    (
        "phone",
        &[
            "phone",
            "phonenumber",
            "telephone",
            "telephonenumber",
            "tel",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "cell",
            "cellphone",
            "yourphone",
            "workphone",
            "workphonenumber",
            "homephone",
            "contactphone",
            "contactnumber",
            "phoneno",
            "mobileno",
            "telefon",
            "telefonnummer",
            "handy",
            "telefono",
        ],
    ),
    ("first_name", &["firstname", "fname", "givenname", "forename", "yourfirstname", "vorname", "prenom", "nombre"]),
    ("last_name", &["lastname", "lname", "surname", "familyname", "yourlastname", "nachname", "apellido", "apellidos"]),
    ("full_name", &["fullname", "name", "yourname", "contactname", "customername", "leadname", "displayname"]),
    (
        "company",
        &[
            "company",
            "companyname",
            "organization",
            "organisation",
            "organizationname",
            "organisationname",
            "business",
            "businessname",
            "employer",
            "firma",
            "unternehmen",
            "empresa",
        ],
    ),
    ("job_title", &["jobtitle", "title", "position", "jobposition", "jobrole"]),
    ("website", &["website", "websiteurl", "companywebsite", "homepage", "webpage"]),
    ("street", &["street", "streetaddress", "address", "address1", "addressline1", "strasse"]),
    ("city", &["city", "town", "locality", "ort", "stadt", "ciudad"]),
    ("state", &["state", "province", "region", "stateprovince", "county", "bundesland"]),
    ("postal_code", &["postalcode", "postcode", "zip", "zipcode", "plz", "codigopostal"]),
    ("country", &["country", "countrycode", "countryname", "land", "pais"]),
    (
        "message",
        &[
            "message",
            "yourmessage",
            "comment",
            "comments",
            "question",
            "questions",
            "inquiry",
            "enquiry",
            "nachricht",
            "mensaje",
        ],
    ),
    ("lead_source", &["leadsource"]),
    ("stage", &["stage", "leadstage"]),
    ("utm.source", &["utmsource"]),
    ("utm.medium", &["utmmedium"]),
    ("utm.campaign", &["utmcampaign"]),
    ("utm.term", &["utmterm"]),
    ("utm.content", &["utmcontent"]),
    ("click.gclid", &["gclid", "gclickid", "googleclickid", "clickgclid"]),
    ("click.fbclid", &["fbclid", "facebookclickid", "clickfbclid"]),
    ("click.gbraid", &["gbraid", "clickgbraid"]),
    ("click.wbraid", &["wbraid", "clickwbraid"]),
    ("click.msclkid", &["msclkid", "microsoftclickid", "clickmsclkid"]),
    ("click.ttclid", &["ttclid", "tiktokclickid", "clickttclid"]),
    ("click.li_fat_id", &["lifatid", "linkedinclickid", "clicklifatid"]),
    ("page_url", &["pageurl", "pageuri", "landingpage", "landingpageurl", "formurl", "sourceurl", "currenturl"]),
    ("referrer", &["referrer", "referer", "referrerurl", "refererurl", "httpreferer", "httpreferrer"]),
    // Not "location": that is often the name of a town.
    ("geo", &["geo", "geopoint", "geocoordinates", "coordinates", "latlng", "latlon", "latlong"]),
    (
        "consent.text",
        &[
            "consenttext",
            "consentlanguage",
            "consentmessage",
            "optintext",
            "tcpatext",
            "tcpalanguage",
            "tcpaconsenttext",
        ],
    ),
    (
        "consent.time",
        &[
            "consenttime",
            "consentat",
            "consentdate",
            "consenttimestamp",
            "consentgivenat",
            "optintime",
            "tcpatimestamp",
        ],
    ),
    // The names of the hidden fields that the two services' own scripts fill.
    (
        "consent.trustedform_cert_url",
        &[
            "trustedformcerturl",
            "xxtrustedformcerturl",
            "trustedformcert",
            "trustedformurl",
            "consenttrustedformcerturl",
        ],
    ),
    (
        "consent.jornaya_leadid",
        &["jornayaleadid", "universalleadid", "leadidtoken", "jornayaid", "consentjornayaleadid"],
    ),
];

/// A name without case and without anything that is no letter or digit.
pub(super) fn squash(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use leadyard_domain::field::BUILT_IN;

    use super::*;

    #[test]
    fn each_name_is_squashed_and_means_one_field() {
        let mut seen = BTreeSet::new();
        for (field, names) in USUAL_KEYS {
            for name in *names {
                assert_eq!(squash(name), *name);
                assert!(seen.insert(name), "{name} is listed twice, the second time under {field}");
            }
        }
    }

    #[test]
    fn every_built_in_field_is_known_by_its_own_name() {
        for (field, _) in BUILT_IN {
            let names = USUAL_KEYS.iter().find(|(known, _)| known == field).map(|(_, names)| *names);
            let own = squash(field);
            let own = own.strip_prefix("click").unwrap_or(&own);
            assert!(names.is_some_and(|names| names.contains(&own)), "{field}");
        }
        assert_eq!(USUAL_KEYS.len(), BUILT_IN.len());
    }

    #[test]
    fn spellings_are_one() {
        for name in ["E-Mail", "e_mail", "eMail", " email "] {
            assert_eq!(squash(name), "email");
        }
        assert_eq!(squash("UTM_Source"), squash("utm.source"));
    }
}
