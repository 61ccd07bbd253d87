//! `ringbook import` and `ringbook export` against a running server.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;

use ringbook_formats::values::nfc;
use serde_json::{Value, json};

use super::harness::{Demo, Place, Server, added, key, place, program, told};

mod exporting;
mod formats;
mod reporting;
mod two_sources;
mod values;

/// All contacts that a token can read, by id.
fn contacts(server: &Server, token: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    loop {
        let after = found.last().map_or(json!(0), |record| record["id"].clone());
        let filter = json!({"field": "id", "operator": ">", "value": after});
        let params = json!({"access_token": token, "limit": 10_000, "filter": filter});
        let answer = server.call("get.contacts", params);
        let page = answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}"));
        if page.is_empty() {
            return found;
        }
        found.extend(page.iter().cloned());
    }
}

/// A contact without ids and with sorted groups, for comparison between books.
fn without_ids(record: &Value) -> Value {
    let groups: BTreeSet<&str> =
        record["groups"].as_array().expect("groups").iter().filter_map(|group| group["group_name"].as_str()).collect();
    json!([
        record["last_name"],
        record["first_name"],
        record["patronymic"],
        record["full_name"],
        record["emails"],
        record["phone_numbers"],
        record["organization_name"],
        record["personal_manager_full_name"],
        groups
    ])
}

fn all_without_ids(server: &Server, token: &str) -> Vec<Value> {
    contacts(server, token).iter().map(without_ids).collect()
}

/// An account without contacts, with a user and a key.
fn account(data: &Path, name: &str) -> String {
    let customer = added(data, &format!("customer add {name}"));
    let user = added(data, &format!("user add {name} --customer {customer}"));
    told(data, &format!("allow add 127.0.0.0/8 --customer {customer}"));
    key(data, user).1
}

/// A server with an empty book.
struct Book {
    server: Server,
    token: String,
    root: Place,
}

impl Book {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(arguments: &[&str]) -> Self {
        let root = place();
        let data = root.path().join("data");
        let token = account(&data, "Empty");
        let server = Server::serve(&data, arguments);
        Self { server, token, root }
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.path().join(name);
        std::fs::write(&path, contents).expect("written");
        path
    }

    fn import(&self, file: &Path, arguments: &[&str]) -> CommandOutput {
        exchange(&self.server, &self.token, "import", file, arguments)
    }

    fn all_without_ids(&self) -> Vec<Value> {
        all_without_ids(&self.server, &self.token)
    }
}

/// The output of a command.
struct CommandOutput {
    code: Option<i32>,
    json: Value,
    err: String,
}

impl CommandOutput {
    fn counts(&self, members: [&str; 5]) -> [u64; 5] {
        members.map(|member| self.json[member].as_u64().unwrap_or_else(|| panic!("{} {}", self.json, self.err)))
    }
}

const COUNTS: [&str; 5] = ["read", "created", "updated", "skipped", "refused"];

fn exchange(server: &Server, token: &str, verb: &str, file: &Path, arguments: &[&str]) -> CommandOutput {
    exchange_at(&format!("http://{}", server.address), token, verb, file, arguments)
}

fn exchange_at(url: &str, token: &str, verb: &str, file: &Path, arguments: &[&str]) -> CommandOutput {
    let mut command = program([verb, "--json"]);
    command.arg(file).args(arguments).env("RINGBOOK_URL", url).env("RINGBOOK_TOKEN", token);
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let err = String::from_utf8(stderr).expect("UTF-8");
    assert!(!err.contains(token), "{err}");
    CommandOutput { code: status.code(), json: serde_json::from_slice(&stdout).unwrap_or(Value::Null), err }
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/files").join(name)
}

#[test]
fn a_book_goes_out_and_in_and_is_the_same() {
    let demo = Demo::start(2_500);
    let (server, source) = (&demo.server, demo.token("demo"));
    // Names go in in composed form.
    let composed = |record: &Value| serde_json::from_str(&nfc(&record.to_string())).expect("JSON");
    let book: Vec<Value> = all_without_ids(server, source).iter().map(composed).collect();
    assert_eq!(book.len(), 2_500);
    let employees = server.call("get.employees", json!({"access_token": source, "limit": 10_000}));
    for format in ["ndjson", "csv", "vcf"] {
        let file = demo.data().with_file_name(format!("book.{format}"));
        let out = exchange(server, source, "export", &file, &[]);
        assert_eq!((out.code, &out.json["written"]), (Some(0), &json!(2_500)), "{}", out.err);
        let token = account(&demo.data(), format);
        server.becomes(&token, "ok");
        for employee in employees["result"]["data"].as_array().expect("employees") {
            let name = |member: &str| employee[member].clone();
            let params = json!({"access_token": token, "last_name": name("last_name"),
                "first_name": name("first_name"), "patronymic": name("patronymic")});
            server.call("create.employees", params);
        }
        let said = exchange(server, &token, "import", &file, &[]);
        assert_eq!((said.code, said.counts(COUNTS)), (Some(0), [2_500, 2_500, 0, 0, 0]), "{format}: {}", said.err);
        assert_eq!(said.json["partly"], 0, "{}", said.err);
        let imported = all_without_ids(server, &token);
        let difference = imported.iter().zip(&book).find(|(imported, exported)| imported != exported);
        assert_eq!((imported.len(), difference), (book.len(), None), "{format}");
        // The second import finds all contacts.
        let said = exchange(server, &token, "import", &file, &[]);
        assert_eq!((said.code, said.counts(COUNTS)), (Some(0), [2_500, 0, 0, 2_500, 0]), "{format}: {}", said.err);
    }
    let lines = std::fs::read_to_string(demo.data().with_file_name("book.ndjson")).expect("the file");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines, contacts(server, source));
}

#[test]
fn an_agent_imports_for_a_user() {
    let demo = Demo::start(1);
    let file = demo.data().with_file_name("one.csv");
    std::fs::write(&file, "last_name,phone_numbers\nLem,74950237547\n").expect("written");
    let (token, user) = (demo.token("agent"), demo.user("second").to_string());
    let refused = exchange(&demo.server, token, "import", &file, &[]);
    assert!(refused.code == Some(1) && refused.err.contains("--user-id"), "{}", refused.err);
    let said = exchange(&demo.server, token, "import", &file, &["--user-id", &user]);
    assert_eq!((said.code, said.counts(COUNTS)), (Some(0), [1, 1, 0, 0, 0]), "{}", said.err);
    assert_eq!(contacts(&demo.server, demo.token("second")).len(), 11);
}

#[test]
fn exports_of_other_programs_go_in_as_they_are() {
    let vera = |first: &str, emails: &[&str], phones: &[&str], organization: &str, groups: &[&str]| {
        let [last, first, patronymic] = first.split(' ').collect::<Vec<_>>()[..] else { panic!("three names") };
        let groups: BTreeSet<&str> = groups.iter().copied().collect();
        json!([
            last,
            first,
            patronymic,
            format!("{last} {first} {patronymic}"),
            emails,
            phones,
            organization,
            null,
            groups
        ])
    };
    let alone = |last: &str, phone: &str, organization: Value| {
        json!([last, null, null, last, [], [phone], organization, null, []])
    };
    let english = "Sokolova Vera Ilyinichna";
    let both: &[&str] = &["Suppliers", "VIP"];
    let bakery = alone("Bakery Corner", "49305550105", json!("Bakery Corner"));
    for (name, arguments, wanted, refused) in [
        (
            "google-old.csv",
            &[][..],
            vec![
                vera(
                    english,
                    &["vera@sokolova.example", "v.sokolova@mail.example", "vera.home@mail.example"],
                    &["79165550102", "79165550103", "84955550104"],
                    "Sokolova & Sons",
                    both,
                ),
                bakery.clone(),
            ],
            vec![("4", "phone_numbers")],
        ),
        (
            "google-new.csv",
            &[],
            vec![
                vera(english, &["vera@sokolova.example"], &["79165550102", "74955550109"], "Sokolova & Sons", both),
                alone("Ṣọlá", "2348035550106", Value::Null),
            ],
            vec![],
        ),
        (
            "outlook.csv",
            &[],
            vec![vera(
                english,
                &["vera@sokolova.example"],
                &["74955550104", "79165550102", "74955550109"],
                "Sokolova & Sons",
                both,
            )],
            vec![],
        ),
        (
            "outlook-russian-1251.csv",
            &["--encoding", "windows-1251"],
            vec![vera(
                "Соколова Вера Ильинична",
                &["vera@sokolova.example"],
                &["84955550104", "79165550102"],
                "Соколова и сыновья",
                &["Поставщики", "VIP"],
            )],
            vec![],
        ),
        (
            "icloud.vcf",
            &[],
            vec![
                vera(
                    english,
                    &["vera@sokolova.example", "v.sokolova@mail.example"],
                    &["79165550102", "442055501067", "74955550109"],
                    "Sokolova & Sons, Bakers",
                    both,
                ),
                bakery,
            ],
            vec![("3", "")],
        ),
    ] {
        let book = Book::new();
        let report = book.root.path().join("report.ndjson");
        let report_name = report.to_str().expect("UTF-8").to_owned();
        let said = book.import(&sample(name), &[arguments, &["--report", &report_name]].concat());
        assert_eq!(said.code, Some(i32::from(!refused.is_empty())), "{name}: {}", said.err);
        assert_eq!(book.all_without_ids(), wanted, "{name}");
        let lines = std::fs::read_to_string(&report).expect("the report");
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let found: Vec<(String, String)> = rows
            .iter()
            .filter(|row| row["outcome"] == "refused")
            .map(|row| (row["row"].to_string(), row["field"].as_str().unwrap_or_default().to_owned()))
            .collect();
        let wanted: Vec<(String, String)> =
            refused.iter().map(|(row, field)| ((*row).into(), (*field).into())).collect();
        assert_eq!(found, wanted, "{name}: {lines}");
        book.server.stop();
    }
}

#[test]
fn duplicates_are_skipped_updated_or_made_again() {
    let book = Book::new();
    let first = book.write("first.csv", "last_name,phone_numbers,emails\nLem,112 113,\nLem,112113,a@b.example\n");
    // Two rows of one file without ids may be the same person.
    assert_eq!(book.import(&first, &[]).counts(COUNTS), [2, 1, 0, 1, 0]);
    let second = book.write(
        "second.csv",
        "last_name,first_name,phone_numbers,emails,organization_name,group\nLemm,Anna,112113,A@b.example,Acme,VIP\n",
    );
    let with = |on_duplicate: &str, matching: &str, dry: &[&str]| {
        let arguments = [&["--on-duplicate", on_duplicate, "--match", matching], dry].concat();
        book.import(&second, &arguments).counts(COUNTS)
    };
    assert_eq!(with("skip", "phone", &[]), [1, 0, 0, 1, 0]);
    assert_eq!(with("skip", "person", &["--dry-run"]), [1, 1, 0, 0, 0]);
    assert_eq!(with("skip", "email", &["--dry-run"]), [1, 1, 0, 0, 0]);
    assert_eq!(with("update", "any", &["--dry-run"]), [1, 0, 1, 0, 0]);
    assert_eq!(book.all_without_ids()[0][0], "Lem");
    assert_eq!(with("update", "phone", &[]), [1, 0, 1, 0, 0]);
    let updated = json!(["Lemm", "Anna", null, "Lemm Anna", ["A@b.example"], ["112113"], "Acme", null, ["VIP"]]);
    assert_eq!(book.all_without_ids(), std::slice::from_ref(&updated));
    // It contains nothing new now.
    assert_eq!(with("update", "email", &[]), [1, 0, 0, 1, 0]);
    assert_eq!(with("create", "phone", &[]), [1, 1, 0, 0, 0]);
    assert_eq!(book.all_without_ids(), [updated.clone(), updated]);
    // Two contacts match.
    let third = book.write("third.csv", "last_name,phone_numbers\nLem,112113\n");
    let said = book.import(&third, &["--on-duplicate", "update", "--match", "phone"]);
    assert_eq!((said.code, said.counts(COUNTS)), (Some(1), [1, 0, 0, 0, 1]), "{}", said.err);
    assert!(said.err.contains("several contacts"), "{}", said.err);
    book.server.stop();
}

#[test]
fn rows_of_one_file_update_each_other_in_their_order() {
    let book = Book::new();
    let file = book.write(
        "a.csv",
        "last_name,phone_numbers,emails\nA,111,\nB,222,\nA,111,a@b.example\nC,333,\nA,111,c@d.example\n",
    );
    let said = book.import(&file, &["--on-duplicate", "update"]);
    assert_eq!(said.counts(COUNTS), [5, 3, 2, 0, 0], "{}", said.err);
    let emails: Vec<Value> = book.all_without_ids().iter().map(|contact| contact[4].clone()).collect();
    assert_eq!(emails, [json!(["c@d.example"]), json!([]), json!([])]);
    book.server.stop();
}

#[test]
fn batches_are_cut_for_a_server_that_takes_little() {
    let book = Book::with(&["--body-max", "4KiB"]);
    let rows: String = (0..300).map(|number| format!("Имя {number},{}\n", 1_000 + number)).collect();
    let huge = format!("Big,{}", (0..10).map(|at| format!("{}", 5_000_000 + at)).collect::<Vec<_>>().join(" ::: "));
    let groups = (0..300).map(|at| format!("Group number {at}")).collect::<Vec<_>>().join("\n");
    let file = book.write("a.csv", format!("last_name,phone_numbers,groups\n{rows}{huge},\"{groups}\"\n"));
    let said = book.import(&file, &[]);
    assert_eq!((said.code, said.counts(COUNTS)), (Some(1), [301, 300, 0, 0, 1]), "{}", said.err);
    assert!(said.err.contains("row 302 refused") && said.err.contains("larger"), "{}", said.err);
    let names: Vec<Value> = book.all_without_ids().iter().map(|contact| contact[0].clone()).collect();
    assert_eq!(names, (0..300).map(|number| json!(format!("Имя {number}"))).collect::<Vec<_>>());
    book.server.stop();
}

#[test]
fn unreadable_files_are_refused_before_anything_is_sent() {
    let book = Book::new();
    let good = "last_name,phone_numbers\nLem,112113\n";
    let cp1251 = b"last_name,phone_numbers\nA,112\n\xcb\xe5\xec,113\n";
    let utf_16: Vec<u8> = std::iter::once(0xfeff).chain(good.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, contents, arguments, code, text) in [
        ("empty.csv", &b""[..], &[][..], 1, "is empty"),
        ("blank.csv", b"\n \n", &[], 1, "is empty"),
        ("open.csv", b"last_name,phone_numbers\nA,112\n\"B,113\nC,114\n", &[], 1, "row 3 (line 3)"),
        ("cp1251.csv", &cp1251[..], &["--encoding", "utf-8"], 1, "line 3 is not in the encoding"),
        ("header.csv", b"last_name,phone_numbers\n", &[], 1, "no contact in it"),
        ("kind.dat", b"?", &[], 1, "LDIF"),
        ("strange.csv", b"a;b\n1;2\n", &[], 1, "--map"),
        ("mapped.csv", good.as_bytes(), &["--map", "surname=last_name"], 1, "\"surname\""),
        ("mapped.csv", good.as_bytes(), &["--map", "last_name=surname"], 2, "names no member"),
        ("book.txt", good.as_bytes(), &[], 1, "--format"),
        ("book.vcf", good.as_bytes(), &[], 1, "holds no vCard"),
        ("good.csv", good.as_bytes(), &["--encoding", "morse"], 2, "is no encoding"),
        ("good.csv", good.as_bytes(), &["--report", "refused.txt"], 2, "--report"),
        ("good.csv", good.as_bytes(), &["--match", "name"], 2, "person, phone, email"),
        ("good.csv", good.as_bytes(), &["--token", "two words"], 2, "ringbook key add"),
        ("good.csv", good.as_bytes(), &["--token", "0123456789abcdef"], 1, "Access token is invalid"),
        ("good.csv", good.as_bytes(), &["--url", "http://127.0.0.1:1"], 1, "http://127.0.0.1:1/v2.0"),
    ] {
        let said = book.import(&book.write(name, contents), arguments);
        assert!(
            said.code == Some(code) && said.err.contains(text),
            "{name} {arguments:?}: {:?} {}",
            said.code,
            said.err
        );
        assert!(said.err.contains(name) || !arguments.is_empty(), "{name}: {}", said.err);
    }
    let missing = book.import(&book.root.path().join("missing.csv"), &[]);
    assert!(missing.code == Some(1) && missing.err.contains("missing.csv: No such file"), "{}", missing.err);
    let folder = book.import(book.root.path(), &["--format", "csv"]);
    assert!(folder.code == Some(1) && folder.err.contains("is a directory"), "{}", folder.err);
    assert_eq!(book.all_without_ids().len(), 0);
    // The other rows are imported.
    let said = book.import(&book.write("utf-16.csv", utf_16), &[]);
    assert_eq!((said.code, said.counts(COUNTS)), (Some(0), [1, 1, 0, 0, 0]), "{}", said.err);
    let said = book.import(
        &book.write("book.txt", good),
        &["--format", "csv", "--url", &format!("http://{}/v2.0", book.server.address)],
    );
    assert_eq!((said.code, said.counts(COUNTS)), (Some(0), [1, 0, 0, 1, 0]), "{}", said.err);
    book.server.stop();
}

#[test]
fn an_export_that_fails_leaves_the_old_file() {
    let book = Book::new();
    let file = book.write("book.csv", "what was there");
    let said = exchange(&book.server, "0123456789abcdef", "export", &file, &[]);
    assert_eq!((said.code, said.json), (Some(1), Value::Null), "{}", said.err);
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "what was there");
    let said = exchange(&book.server, &book.token, "export", &file, &[]);
    assert_eq!((said.code, &said.json["written"]), (Some(0), &json!(0)), "{}", said.err);
    let header = std::fs::read_to_string(&file).expect("the file");
    assert!(header.starts_with("id,last_name,") && header.lines().count() == 1, "{header}");
    let left = std::fs::read_dir(book.root.path()).expect("a directory");
    let left: Vec<String> =
        left.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert!(left.iter().all(|name| !name.ends_with(".part")), "{left:?}");
    book.server.stop();
}

/// A server that replies to queries with an empty list and closes the connection on an upload; counts the uploads.
fn hang_up_on_uploads(listener: &TcpListener) -> usize {
    let mut uploads = 0;
    while uploads == 0 {
        let (stream, _) = listener.accept().expect("a client");
        let mut stream = BufReader::new(stream);
        while let Some(body) = request(&mut stream) {
            let call: Value = serde_json::from_slice(&body).expect("JSON");
            if call["method"] == "upload.contacts" {
                uploads += 1;
                break;
            }
            let body = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"data": [], "metadata": {}}}).to_string();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.get_mut().write_all(answer.as_bytes()).expect("the client reads");
        }
    }
    listener.set_nonblocking(true).expect("a listener");
    uploads + usize::from(listener.accept().is_ok())
}

fn request(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

#[test]
fn an_upload_whose_answer_is_lost_is_not_sent_again() {
    let root = place();
    let file = root.path().join("a.csv");
    std::fs::write(&file, "last_name,phone_numbers\nA,111\nB,x\nC,333\n").expect("written");
    let report = root.path().join("report.csv");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let peer = std::thread::spawn(move || (hang_up_on_uploads(&listener), listener));
    let arguments = ["--report", report.to_str().expect("UTF-8")];
    let said = exchange_at(&url, "0123456789abcdef", "import", &file, &arguments);
    let (uploads, _listener) = peer.join().expect("the peer");
    assert_eq!((said.code, uploads), (Some(1), 1), "{}", said.err);
    assert_eq!((&said.json["uncertain"], &said.json["refused"]), (&json!(2), &json!(1)), "{}", said.err);
    assert!(said.err.contains("2 rows from 2 to 4"), "{}", said.err);
    let rows = std::fs::read_to_string(&report).expect("the report");
    assert!(
        rows.contains("2,uncertain,") && rows.contains("3,refused,phone_numbers,x,") && rows.contains("4,uncertain,"),
        "{rows}"
    );
}
