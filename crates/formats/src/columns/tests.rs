use super::*;

fn records(rows: &[&str]) -> Vec<csv::StringRecord> {
    rows.iter().map(|row| row.split('|').collect()).collect()
}

fn columns(header: &str, map: &str, rows: &[&str]) -> Result<Columns, ColumnError> {
    let header: Vec<String> = header.split('|').map(str::to_owned).collect();
    let map = if map.is_empty() { Vec::new() } else { Mapped::parse_list(map).expect("pairs") };
    Columns::read(&header, &map, &records(rows))
}

fn read(header: &str, row: &str) -> Draft {
    columns(header, "", &[row]).expect("known").draft(row.split('|'))
}

#[test]
fn columns_of_google_are_known() {
    let draft = read(
        "Family Name|given name| Phone 1 - Value |Phone 2 - Value|Group Membership|Notes|E-mail 1 - Value|Phone 1 - Label",
        "Лем|Анна|+7 495 1|112 ::: 113|* myContacts ::: VIP ::: A; B|x|a@b.c; d@e.f|Mobile",
    );
    assert_eq!((&*draft.last_name, &*draft.first_name), ("Лем", "Анна"));
    assert_eq!(draft.phones, ["+7 495 1", "112 ::: 113"]);
    assert_eq!(draft.groups, ["VIP", "A; B"]);
    assert_eq!(draft.emails, ["a@b.c; d@e.f"]);
}

#[test]
fn columns_are_known_without_blanks_and_by_their_cells() {
    let draft = read(
        "FirstName|LastName|Company|Mobile|Mobile2|Home|Home2|Business|Business2|Email|Other|BusinessFax|HomeFax|Pager",
        "Rolf|Uhr|Uhr AG|+12025550181|+12025550182|||+12025550183|+12025550184|r@uhr.example|+12025550185|+12025550186||",
    );
    assert_eq!((&*draft.last_name, &*draft.first_name, &*draft.organization), ("Uhr", "Rolf", "Uhr AG"));
    assert_eq!(draft.phones.len() + draft.faxes.len(), 6, "{draft:?}");
    assert_eq!((draft.faxes.len(), draft.emails.len()), (1, 1));
    // The same names with other cells mean something else.
    let draft = read("Name|Phone|Home|Other", "Uhr|112|Berlin|likes tea");
    assert_eq!(draft.phones, ["112"]);
}

/// Headers of Outlook and Thunderbird by language, with the last name, the first name, phones, a fax, e-mails.
#[test]
fn columns_of_outlook_and_thunderbird_are_known_in_many_languages() {
    for header in [
        "Nachname|Vorname|Telefon geschäftlich|Telefon geschäftlich 2|Mobiltelefon|Fax geschäftlich|E-Mail-Adresse|E-Mail 2: Adresse",
        "Nom|Prénom|Téléphone (bureau)|Téléphone 2 (domicile)|Tél. mobile|Télécopie (bureau)|Adresse de messagerie|Adresse de messagerie 2",
        "Apellidos|Nombre|Teléfono del trabajo|Otro teléfono|Teléfono móvil|Otro fax|Dirección de correo electrónico|Dirección del correo electrónico 3",
        "Cognome|Nome|Ufficio|Ufficio 2|Cellulare|Altro fax|Indirizzo posta elettronica|Indirizzo posta elettronica 2",
        "Sobrenome|Primeiro nome|Telefone comercial|Telefone residencial 2|Telefone celular|Fax comercial|E-mail Address|Endereço de email 2",
        "Apelido|Primeiro nome|Telefone da empresa|2º telefone da empresa|Telemóvel|Fax da empresa|Endereço de correio electrónico|Endereço do correio electrónico 2",
        "Nazwisko|Imię|Telefon służbowy|Telefon domowy 2|Telefon komórkowy|Faks służbowy|Adres e-mail|Adres e-mail 2",
        "Achternaam|Voornaam|Telefoon op werk|Telefoon thuis 2|Mobiele telefoon|Fax op werk|E-mailadres|E-mailadres 2",
        "Фамилия|Имя|Рабочий телефон|Телефон раб. 2|Телефон переносной|Рабочий факс|Адрес эл. почты|Адрес 2 эл. почты",
        "Прізвище|Ім'я|Робочий телефон|Телефон дом. 2|Телефон мобільний|Робочий факс|Адреса ел. пошти|Адреса 2 ел. пошти",
        "Soyadı|İlk Adı|İş Telefon No|İş Telefonu 2|Cep Telefonu|İş Faks No|Elektronik Posta Adresi|Elektronik Posta 2 Adres",
        "Nachname|Vorname|Tel. dienstlich|Tel. privat|Mobil-Tel.-Nr.|Fax-Nummer|Primäre E-Mail-Adresse|Sekundäre E-Mail-Adresse",
        "Nom de famille|Prénom|Tél. professionnel|Tél. personnel|Portable|Fax|Adresse e-mail principale|Adresse e-mail secondaire",
        "Cognome|Nome|Telefono lavoro|Telefono casa|Numero cellulare|Numero fax|Email primaria|Email secondaria",
        "Sobrenome|Primeiro nome|Telefone comercial|Telefone residencial|Número do celular|Número do fax|Email principal|Email secundário",
        "Soyadı|Adı|İş telefonu|Ev telefonu|Cep telefonu|Faks numarası|Birinci e-posta|İkinci e-posta",
    ] {
        let draft = read(header, "Uhr|Rolf|+49301|+49302|+49303|+49304|a@b.example|c@d.example");
        assert_eq!((&*draft.last_name, &*draft.first_name), ("Uhr", "Rolf"), "{header}");
        assert_eq!((draft.phones.len(), draft.faxes.len(), draft.emails.len()), (3, 1, 2), "{header} {draft:?}");
    }
}

#[test]
fn columns_of_telephone_and_crm_systems_are_known() {
    for (header, row, phones, emails, organization) in [
        (
            "displayname|fname|lname|title|company|phone_1_number|phone_1_type|phone_1_extension|email_1",
            "Rolf Uhr|Rolf|Uhr|Dr|Uhr AG|+12025550181|work|12|r@uhr.example",
            1,
            1,
            "Uhr AG",
        ),
        (
            "contact_organization|contact_name_given|contact_name_family|phone_label|phone_number|email_address",
            "Uhr AG|Rolf|Uhr|work|+12025550181|r@uhr.example",
            1,
            1,
            "Uhr AG",
        ),
        (
            "First Name|Last Name|Company Name|Email|Business Number|Business Number 2|Mobile 2|Home|Other",
            "Rolf|Uhr|Uhr AG|r@uhr.example|+12025550181|+12025550182|+12025550183|101|102",
            5,
            1,
            "Uhr AG",
        ),
        (
            "Account Number|CallerID Name|Email|First Name|Last Name|Department|Mobile Number|Home Number|Fax",
            "1001|Uhr|r@uhr.example|Rolf|Uhr|Sales|+12025550181|+12025550182|",
            3,
            1,
            "",
        ),
        (
            "title|firstname|lastname|displayname|society|mobilenumber|officenumber|email",
            "mr|Rolf|Uhr|Uhr Rolf|Uhr AG|12025550181|12025550182|r@uhr.example",
            2,
            1,
            "Uhr AG",
        ),
        (
            "Record ID|First Name|Last Name|Email|Phone Number|Mobile Phone Number|Company Name|Other e-mail",
            "101|Rolf|Uhr|r@uhr.example|+12025550181|+12025550182|Uhr AG|u@uhr.example",
            2,
            2,
            "Uhr AG",
        ),
        (
            "Person - Name|Person - Organization|Person - Email - Work|Person - Phone - Work|Person - Phone - Mobile",
            "Rolf Uhr|Uhr AG|r@uhr.example|+12025550181|+12025550182",
            2,
            1,
            "Uhr AG",
        ),
        (
            "ID|Имя|Фамилия|Рабочий телефон|Мобильный телефон|Номер факса|Рабочий e-mail|Частный e-mail|Компания|Ответственный",
            "7|Rolf|Uhr|+12025550181|+12025550182||r@uhr.example|u@uhr.example|Uhr AG|Anna",
            2,
            2,
            "Uhr AG",
        ),
        (
            "ID|Полное имя контакта|Компания контакта|Рабочий телефон (контакт)|Рабочий прямой телефон|Рабочий email (контакт)",
            "7|Rolf Uhr|Uhr AG|'+12025550181|'+12025550182|r@uhr.example",
            2,
            1,
            "Uhr AG",
        ),
        (
            "Record Id|First Name|Last Name|Account Name|Email|Phone|Asst Phone|Secondary Email",
            "zcrm_1|Rolf|Uhr|Uhr AG|r@uhr.example|+12025550181|+12025550182|u@uhr.example",
            1,
            2,
            "Uhr AG",
        ),
        (
            "firstName|lastName|accountName|emailAddress|phoneNumber",
            "Rolf|Uhr|Uhr AG|r@uhr.example|+12025550181",
            1,
            1,
            "Uhr AG",
        ),
        (
            "name|phone|mobile|email|parent_id|Related Company",
            "Rolf Uhr|+12025550181|+12025550182|r@uhr.example|4|Uhr AG",
            2,
            1,
            "Uhr AG",
        ),
        ("Абонент|Номер", "Rolf Uhr|12025550181", 1, 0, ""),
    ] {
        let draft = read(header, row);
        assert_eq!(
            (draft.phones.len(), draft.emails.len(), &*draft.organization),
            (phones, emails, organization),
            "{header} {draft:?}"
        );
        let (entry, _) = draft.judge().expect(header);
        assert!(entry.full_name().contains("Uhr"), "{header}");
    }
}

#[test]
fn a_name_is_a_last_name_beside_first_names() {
    assert_eq!(read("Name|Vorname|Telefon", "Uhr|Rolf|112").last_name, "Uhr");
    assert_eq!(read("Name|Telefon", "Rolf Uhr|112").full_name, "Rolf Uhr");
    assert_eq!(read("Name|Nachname|Vorname|Telefon", "Rolf Uhr|Uhr|Rolf|112").full_name, "Rolf Uhr");
    assert_eq!(read("Apelido|Sobrenome|Telefone", "Rolfi|Uhr|112").last_name, "Uhr");
}

#[test]
fn what_is_not_read_is_named_and_what_it_looks_like() {
    let rows = ["Uhr|112|blue|+49 30 7654321|x@y.example|+49301|3"; 3];
    let columns = columns("Name|Phone|Colour|Feld 7|Feld 8|Assistant's Phone|Record ID", "", &rows).expect("known");
    let uses = columns.uses(&[3, 3, 2, 3, 3, 3, 3]);
    let found: Vec<_> =
        uses.iter().map(|column| (&*column.name, column.read_as, column.cells, column.looks_like)).collect();
    assert_eq!(
        found,
        [
            ("Name", Some("full_name"), 3, None),
            ("Phone", Some("phone_numbers"), 3, None),
            ("Colour", None, 2, None),
            ("Feld 7", None, 3, Some("phone_numbers")),
            ("Feld 8", None, 3, Some("emails")),
            ("Assistant's Phone", None, 3, Some("phone_numbers")),
            ("Record ID", None, 3, None),
        ]
    );
}

#[test]
fn a_map_goes_before_the_names() {
    let mapped = columns("Who|Phone|Name", "who=last_name, Name=ignore", &[]).expect("mapped");
    let draft = mapped.draft("Лем|112|x".split('|'));
    assert_eq!((&*draft.last_name, &*draft.full_name), ("Лем", ""));
    assert!(mapped.uses(&[1, 1, 1])[2].is_ignored);
    let fault = columns("Who|Phone", "Whom=last_name", &[]).expect_err("no such column");
    assert!(fault.to_string().contains("\"Who\", \"Phone\""), "{fault}");
}

#[test]
fn an_unreadable_header_names_what_is_needed_and_what_comes_close() {
    let fault = columns("Wer|Feld 7|Notiz", "", &["Uhr|+49 30 7654321|x"]).expect_err("no phone");
    let text = fault.to_string();
    assert!(
        text.contains("phone numbers") && text.contains("--map 'Feld 7=phone_numbers'") && !text.contains("Notiz"),
        "{text}"
    );
    let fault = columns("Lst Name|Phone", "", &[]).expect_err("no name");
    assert!(fault.to_string().contains("--map 'Lst Name=last_name'"), "{fault}");
    let many: Vec<String> = (0..92).map(|at| format!("x{at}y")).collect();
    let text = columns(&many.join("|"), "", &[]).expect_err("nothing").to_string();
    assert!(text.contains("and 80 more"), "{text}");
}
