//! What a label asks for: `What is your first name?`, `Ihre E-Mail-Adresse*`, `fields[email][value]`.
//!
//! A label is looked at when no name fits as it is. It fills a field only with a value that fits: nobody said that it means
//! the field, so that a misfit is no failure.

use super::usual::UsualKey;

/// Further names of the built-in fields, as labels have them: in English, German, Spanish and French, without accents and
/// without the words that [`asked`] leaves out. The likeliest first.
pub(super) const LABELS: &[UsualKey] = &[
    (
        "email",
        &[
            "emailadresse",
            "mailadresse",
            "emailadress",
            "adresseemail",
            "adressemail",
            "courriel",
            "adressecourriel",
            "direccioncorreo",
            "direccioncorreoelectronico",
            "direccionemail",
            "emailbusiness",
            "businessemailaddress",
            "workemailaddress",
            "companyemail",
        ],
    ),
    (
        "phone",
        &[
            "telefonnr",
            "rufnummer",
            "mobilnummer",
            "mobiltelefon",
            "handynummer",
            "numerotelefono",
            "numerotelephone",
            "telefonomovil",
            "numeromovil",
            "movil",
            "celular",
            "numerocelular",
            "portable",
            "telephoneportable",
            "numeroportable",
            "mobil",
            "cellphonenumber",
            "mobilephonenumber",
            "businessphone",
            "whatsapp",
            "whatsappnumber",
            "daytimephone",
        ],
    ),
    ("first_name", &["namefirst", "firstnames", "givennames", "nombres", "fullnamefirst"]),
    ("last_name", &["namelast", "nom", "nomfamille", "familienname", "zuname", "lastnames", "fullnamelast"]),
    (
        "full_name",
        &[
            "firstandlastname",
            "firstlastname",
            "nameandsurname",
            "namesurname",
            "vorundnachname",
            "vornachname",
            "vornameundnachname",
            "vornamenachname",
            "vollstandigername",
            "nombrecompleto",
            "nombreyapellidos",
            "nombreapellidos",
            "nombreyapellido",
            "nomcomplet",
            "nometprenom",
            "prenometnom",
            "prenomnom",
            "nomprenom",
        ],
    ),
    (
        "company",
        &[
            "companyorganization",
            "companyorganisation",
            "namecompany",
            "nameorganization",
            "firmenname",
            "unternehmensname",
            "firmaunternehmen",
            "nombreempresa",
            "entreprise",
            "nomentreprise",
            "societe",
            "nomsociete",
        ],
    ),
    ("job_title", &["role", "jobfunction", "funktion", "beruf", "cargo", "puesto", "poste", "fonction", "jobtitel"]),
    ("website", &["url", "webseite", "internetseite", "sitioweb", "paginaweb", "siteweb", "siteinternet", "weburl"]),
    (
        "street",
        &[
            "addressstreet",
            "addressstreetaddress",
            "addressline",
            "strassehausnummer",
            "strasseundhausnummer",
            "strassenr",
            "adresse",
            "anschrift",
            "direccion",
            "calle",
            "rue",
            "adressepostale",
        ],
    ),
    ("city", &["addresscity", "citytown", "wohnort", "localidad", "poblacion", "ville"]),
    ("state", &["addressstate", "stateregion", "provincia", "departement", "comunidadautonoma"]),
    (
        "postal_code",
        &["addresszip", "addresspostalcode", "zippostalcode", "postleitzahl", "codepostal", "postal", "cp"],
    ),
    ("country", &["addresscountry", "pays", "countryregion"]),
    (
        "message",
        &[
            "howhelp",
            "howhelpyou",
            "notes",
            "additionalinformation",
            "additionalcomments",
            "anythingelse",
            "anfrage",
            "anliegen",
            "mitteilung",
            "kommentar",
            "kommentare",
            "anmerkung",
            "anmerkungen",
            "bemerkung",
            "bemerkungen",
            "comentario",
            "comentarios",
            "consulta",
            "commentaire",
            "commentaires",
            "votremessage",
        ],
    ),
    ("page_url", &["url", "submissionpageurl", "submittedfrom"]),
];

/// Words of a question that say nothing of what is asked for.
const FILLERS: &[&str] = &[
    // English
    "a",
    "add",
    "an",
    "at",
    "best",
    "can",
    "could",
    "current",
    "enter",
    "for",
    "full",
    "give",
    "here",
    "is",
    "may",
    "my",
    "of",
    "on",
    "optional",
    "our",
    "please",
    "preferred",
    "primary",
    "provide",
    "reach",
    "required",
    "s",
    "share",
    "tell",
    "the",
    "type",
    "us",
    "we",
    "what",
    "whats",
    "which",
    "write",
    "you",
    "your",
    // German
    "angeben",
    "bitte",
    "das",
    "dein",
    "deine",
    "den",
    "der",
    "die",
    "ein",
    "eine",
    "eingeben",
    "geben",
    "ihr",
    "ihre",
    "ist",
    "lautet",
    "sie",
    "unter",
    "welche",
    "welcher",
    "wie",
    // Spanish
    "cual",
    "de",
    "del",
    "el",
    "es",
    "escribe",
    "favor",
    "indica",
    "indique",
    "ingrese",
    "introduce",
    "la",
    "por",
    "su",
    "tu",
    // French
    "d",
    "entrer",
    "est",
    "indiquer",
    "l",
    "le",
    "merci",
    "plait",
    "quel",
    "quelle",
    "renseigner",
    "saisir",
    "svp",
    "ton",
    "votre",
    "veuillez",
    "vous",
];

/// Words around a name in a path: what holds the fields, not what one of them is.
const WRAPPERS: &[&str] = &[
    "answer",
    "answers",
    "attributes",
    "contact",
    "customer",
    "data",
    "field",
    "fields",
    "input",
    "inputs",
    "item",
    "lead",
    "leads",
    "payload",
    "person",
    "properties",
    "raw",
    "value",
    "values",
    "wpforms",
];

/// The words of a label that say what is asked for, joined and without case and accents. Empty when there is none.
pub(super) fn asked(label: &str) -> String {
    let words = words(label);
    let is_number = |word: &String| word.strip_prefix('q').is_some_and(is_digits);
    let words = words.into_iter().enumerate().filter(|(at, word)| !(*at == 0 && is_number(word))).map(|(_, word)| word);
    // "full" is of no use in "full address", and all that there is in "full name".
    let words: Vec<String> = words.collect();
    let said: Vec<&String> = words.iter().filter(|word| !FILLERS.contains(&word.as_str())).collect();
    let named: Vec<&&String> = said.iter().filter(|word| !WRAPPERS.contains(&word.as_str())).collect();
    if named.is_empty() {
        said.into_iter().map(String::as_str).collect()
    } else {
        named.iter().map(|word| word.as_str()).collect()
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words in small letters without accents; `emailAddress` is two.
fn words(label: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in label.chars() {
        let ends = !c.is_alphanumeric() && !is_accent(c);
        if (ends || (c.is_uppercase() && was_small)) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        was_small = c.is_lowercase();
        if !ends
            && !is_accent(c)
            && let Some(word) = words.last_mut()
        {
            c.to_lowercase().for_each(|c| push_plain(word, c));
        }
    }
    words.retain(|word| !word.is_empty());
    join_mail(words)
}

/// `E-Mail` is one word.
fn join_mail(words: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for word in words {
        match joined.last_mut() {
            Some(last) if last == "e" && word.starts_with("mail") => last.push_str(&word),
            _ => joined.push(word),
        }
    }
    joined
}

/// A mark that stands by itself behind its letter.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// A letter without its accent.
fn push_plain(word: &mut String, c: char) {
    match c {
        'à'..='å' => word.push('a'),
        'æ' => word.push_str("ae"),
        'ç' => word.push('c'),
        'è'..='ë' => word.push('e'),
        'ì'..='ï' => word.push('i'),
        'ñ' => word.push('n'),
        'ò'..='ö' | 'ø' => word.push('o'),
        'ù'..='ü' => word.push('u'),
        'ß' => word.push_str("ss"),
        'œ' => word.push_str("oe"),
        c if is_accent(c) => {}
        c => word.push(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn questions() {
        for (label, expected) in [
            ("What is your first name?", "firstname"),
            ("What's your email?", "email"),
            ("What email can we reach you at?", "email"),
            ("Your E-Mail-Address *", "emailaddress"),
            ("emailAddress", "emailaddress"),
            ("your-name", "name"),
            ("Phone number (optional)", "phonenumber"),
            ("Bitte geben Sie Ihre E-Mail-Adresse ein", "emailadresse"),
            ("Wie lautet Ihre Telefonnummer?", "telefonnummer"),
            ("Straße und Hausnummer", "strasseundhausnummer"),
            ("¿Cuál es tu correo electrónico?", "correoelectronico"),
            ("Número de teléfono", "numerotelefono"),
            ("Nume\u{301}ro de tele\u{301}phone", "numerotelephone"),
            ("Quelle est votre adresse e-mail ?", "adresseemail"),
            ("Prénom", "prenom"),
            ("Code postal", "codepostal"),
            ("fields[email][value]", "email"),
            ("contact.email", "email"),
            ("contact", "contact"),
            ("lead_email", "email"),
            ("q3_fullname", "fullname"),
            ("q12_phoneNumber", "phonenumber"),
            ("How can we help you?", "howhelp"),
            ("", ""),
            ("???", ""),
            ("电子邮件", "电子邮件"),
        ] {
            assert_eq!(asked(label), expected, "{label}");
        }
    }

    #[test]
    fn labels_are_written_as_they_are_asked() {
        for (field, names) in LABELS {
            for name in *names {
                assert_eq!(words(name).concat(), *name, "{field}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_asked_has_no_case_and_no_marks(label in "\\PC{0,60}") {
            let said = asked(&label);
            prop_assert!(said.chars().all(char::is_alphanumeric), "{:?}", said);
        }
    }
}
