//! Screens look as they did: screenshots are compared with the checked-in ones (`screenshots/`).
//!
//! Text looks different with other fonts and in other versions of the browser. `rendered-with.txt` says with which the
//! screenshots were made: with the same ones, pixels are compared; with others, the places and sizes of the parts of
//! each screen, which hardly depend on fonts. `RINGBOOK_BLESS=1` writes both again: look at the difference before
//! committing it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringbook_testbed::workspace::root;
use serde_json::{Map, Value, json};

use super::area::Area;
use super::page::Page;

/// Largest share of pixels that may look different.
const DIFFERING_MAX: f64 = 0.005;
/// How far the place and size of a part may be from the recorded one, in pixels; a line of text is 20 high.
const SHIFT_MAX: f64 = 24.0;

/// A screen: its file, its address, and what is on it once it is filled.
type Screen = (&'static str, &'static str, &'static str);

/// A list of names with all the counts in view.
const COUNTED: &str =
    "document.querySelector('.list-count') && !document.querySelector('.row:not([hidden]) .list-count:empty')";

const SCREENS: [Screen; 11] = [
    ("contacts", "#contacts", "document.querySelectorAll('[role=grid] .row-name').length > 10"),
    ("contact", "#contact=12", "document.querySelector('.facts')"),
    ("contact-new", "#contact=new", "document.querySelector('form')"),
    ("groups", "#groups", COUNTED),
    ("organizations", "#organizations", COUNTED),
    ("employees", "#employees", "document.querySelector('.list-name')"),
    ("blacklist", "#blacklist", "document.querySelector('.list-name, .empty')"),
    ("import", "#import", "document.querySelector('.drop')"),
    ("requests", "#requests", "document.querySelector('.chart')"),
    ("account", "#account", "document.querySelectorAll('.card').length > 6"),
    ("api", "#api", "document.querySelector('.api-title')"),
];

/// The screens that are looked at in the dark theme as well; colours come from the same tokens on all.
const DARK: [&str; 5] = ["contacts", "contact-new", "requests", "account", "api"];
/// The screens that are laid out differently in a narrow window.
const NARROW: [&str; 4] = ["contacts", "contact", "requests", "groups"];

/// What differs from run to run: moments, counts of requests, ports.
const HIDE_CHANGING: &str = "
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`*, *::before, *::after { caret-color: transparent !important; transition: none !important; animation: none !important; }
        .chart, .legend, .limits, .requests [role=status], .requests .table-wrap, pre.code, .list-detail, [data-changing] { visibility: hidden !important; }`);
    document.adoptedStyleSheets = [sheet];
    document.activeElement?.blur();
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));";

/// The parts whose places are recorded.
const PARTS: &str = "Object.fromEntries(['.side', '.bar', '.main', 'main h1', '.find-search', '.filters', '.grid', '.columns',
        '.list-top', '.card', '.drop', '.contact-head', '.facts', 'form', '.form-buttons', '.figure', '.api-list', '.api-body', '.cover-card']
    .map((part) => [part, document.querySelector(part)]).filter(([, element]) => element?.checkVisibility())
    .map(([part, element]) => { const { x, y, width, height } = element.getBoundingClientRect(); return [part, [x, y, width, height].map(Math.round)]; }))";

/// The share of pixels that look different to an eye: by luminance and the two colour differences of the YIQ model, weighted
/// as by Kotsarenko and Ramos (2010); 1 if the sizes differ.
const COMPARE: &str = "
    const [one, other, done] = arguments;
    const read = async (text) => {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
    };
    Promise.all([read(one), read(other)]).then(([a, b]) => {
        if (a.width !== b.width || a.height !== b.height) return 1;
        let differing = 0;
        for (let at = 0; at < a.data.length; at += 4) {
            const [red, green, blue] = [0, 1, 2].map((channel) => a.data[at + channel] - b.data[at + channel]);
            const y = red * 0.29889531 + green * 0.58662247 + blue * 0.11448223;
            const i = red * 0.59597799 - green * 0.2741761 - blue * 0.32180189;
            const q = red * 0.21147017 - green * 0.52261711 + blue * 0.31114694;
            if (0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q > 35215 * 0.01) differing += 1;
        }
        return differing / (a.width * a.height);
    }).then(done, (error) => done(String(error)));";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/screenshots")
}

fn is_blessing() -> bool {
    std::env::var_os("RINGBOOK_BLESS").is_some()
}

/// The fonts and the browser that decide how text looks.
fn rendered_with() -> String {
    let told = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.unwrap_or_else(|error| format!("{program}: {error}"))
    };
    let font = |name: &str| told("fc-match", &["-f", "%{family} %{fontversion}", name]);
    let version = told("chromium", &["--version"]);
    let major = version.split(['.', ' ']).find(|part| part.parse::<u32>().is_ok()).unwrap_or_default().to_owned();
    format!("{}\n{}\nChromium {major}\n", font("sans-serif"), font("monospace"))
}

/// What was seen of the screens: differences found, and the places of parts.
struct Seen {
    is_same_rendering: bool,
    recorded: Map<String, Value>,
    layout: Map<String, Value>,
    wrong: Vec<String>,
}

impl Seen {
    fn new() -> Self {
        let read = |name: &str| fs::read_to_string(folder().join(name)).unwrap_or_default();
        let recorded = serde_json::from_str(&read("layout.json")).unwrap_or_default();
        let is_same_rendering = read("rendered-with.txt") == rendered_with();
        Self { is_same_rendering, recorded, layout: Map::new(), wrong: Vec::new() }
    }

    async fn look(&mut self, page: &Page, name: &str) {
        page.driver.execute(HIDE_CHANGING, vec![]).await.expect("a style");
        let parts = page.value(PARTS).await;
        let picture = page.driver.screenshot_as_png_base64().await.expect("a screenshot");
        let file = folder().join(format!("{name}.png"));
        if is_blessing() {
            fs::create_dir_all(folder()).expect("a folder");
            fs::write(&file, STANDARD.decode(&picture).expect("base64")).expect("a file");
        } else if self.is_same_rendering {
            self.wrong.extend(difference(page, name, &file, &picture).await);
        } else {
            self.compare_places(name, &parts);
        }
        self.layout.insert(name.to_owned(), parts);
    }

    fn compare_places(&mut self, name: &str, parts: &Value) {
        let recorded = self.recorded.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let now = parts.as_object().cloned().unwrap_or_default();
        if !recorded.keys().eq(now.keys()) {
            self.wrong.push(format!("{name}: the parts were {:?}, and are {:?}", recorded.keys(), now.keys()));
        }
        for (part, place) in &recorded {
            let numbers = |place: &Value| -> Vec<f64> {
                place.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
            };
            let (before, after) = (numbers(place), now.get(part).map(numbers).unwrap_or_default());
            let is_near = before.len() == after.len()
                // The height of what holds text depends on its lines.
                && before.iter().zip(&after).take(3).all(|(one, other)| (one - other).abs() <= SHIFT_MAX);
            if !is_near {
                self.wrong.push(format!("{name}: {part} was at {before:?}, and is at {after:?}"));
            }
        }
    }

    fn end(self) {
        if is_blessing() {
            let layout = serde_json::to_string_pretty(&self.layout).expect("JSON");
            fs::write(folder().join("layout.json"), layout + "\n").expect("a file");
            fs::write(folder().join("rendered-with.txt"), rendered_with()).expect("a file");
        }
        assert!(self.wrong.is_empty(), "RINGBOOK_BLESS=1 takes it as it is now:\n{}", self.wrong.join("\n"));
    }
}

/// What differs between a checked-in picture and the page, if more does than may.
async fn difference(page: &Page, name: &str, file: &Path, picture: &str) -> Option<String> {
    let known = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let pictures = vec![json!(STANDARD.encode(known)), json!(picture)];
    let share = page.driver.execute_async(COMPARE, pictures).await.expect("a comparison").json().clone();
    if share.as_f64().is_some_and(|share| share <= DIFFERING_MAX) {
        return None;
    }
    let kept = std::env::temp_dir().join(format!("ringbook-{name}.png"));
    fs::write(&kept, STANDARD.decode(picture).expect("base64")).expect("a file");
    Some(format!("{name}: {share} of the pixels differ; it looks like {} now", kept.display()))
}

/// Looks at some of the screens.
async fn show(page: &Page, seen: &mut Seen, kind: &str, names: &[&str]) {
    for (name, address, filled) in SCREENS.into_iter().filter(|(name, ..)| names.contains(name)) {
        page.open(address).await;
        page.driver.refresh().await.expect("the page loads");
        page.until(filled).await;
        seen.look(page, &format!("{name}-{kind}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_looks_as_it_did() {
    let area = Area::start();
    let browser = area.browse("").await;
    let page = &browser.page;
    let mut seen = Seen::new();
    page.find("textbox", "Login").await;
    seen.look(page, "sign-in").await;
    let (login, password) = area.customer();
    page.sign_in(&login, &password).await;
    page.until("document.querySelector('[role=grid] .row-name')").await;
    page.driver.execute("localStorage.setItem('ringbook.theme', 'light')", vec![]).await.expect("a theme");
    show(page, &mut seen, "light", &SCREENS.map(|(name, ..)| name)).await;
    page.driver.execute("localStorage.setItem('ringbook.theme', 'dark')", vec![]).await.expect("a theme");
    show(page, &mut seen, "dark", &DARK).await;
    page.driver.execute("localStorage.setItem('ringbook.theme', 'light')", vec![]).await.expect("a theme");
    page.driver.set_window_rect(0, 0, 500, 860).await.expect("a small window");
    show(page, &mut seen, "narrow", &NARROW).await;
    seen.end();
    browser.close(&[]).await;
}

/// The file that the second picture of the README shows.
const OUTLOOK: &str = "First Name,Last Name,Company,Business Phone,E-mail Address,Categories\n\
    Grace,Hopper,Eckert & Mauchly,+1 212 555 0143,grace@example.org,VIP\n\
    Bert,Brecht,,n/a,,\n\
    Katherine,Johnson,Langley,\"+1 757 555 0186, ext\",kj@example.org,Partners\n\
    Ada,Lovelace,Analytical Engines Ltd,+44 20 7946 0018,ada@example.org,VIP\n";

/// `docs/images` shows the pages as they are. With `RINGBOOK_BLESS=1` the pictures are made again.
#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_in_the_readme_are_up_to_date() {
    let area = Area::with_contacts(1_000);
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.driver.set_window_rect(0, 0, 1160, 760).await.expect("a window");
    let bars = page.value("[outerWidth - innerWidth, outerHeight - innerHeight]").await;
    let bar = |at: usize| u32::try_from(bars[at].as_u64().expect("a size")).expect("a few pixels");
    page.driver.set_window_rect(0, 0, 1160 + bar(0), 620 + bar(1)).await.expect("a window");
    let mut wrong = Vec::new();
    let file = area.data.path().join("outlook.csv");
    fs::write(&file, OUTLOOK).expect("a file");
    let pictures = [
        ("light", "client-area-find", "#q=maria", "document.querySelectorAll('[role=grid] .row-name mark').length > 5"),
        ("dark", "client-area-import", "#import", "document.querySelector('.drop')"),
    ];
    for (theme, name, address, filled) in pictures {
        page.driver
            .execute(format!("localStorage.setItem('ringbook.theme', '{theme}')"), vec![])
            .await
            .expect("a theme");
        page.open(address).await;
        page.driver.refresh().await.expect("the page loads");
        page.until(filled).await;
        if address == "#import" {
            page.choose_file(&file).await;
            page.until("document.querySelector('.tiles')?.innerText.includes('refused')").await;
        }
        page.driver.execute(HIDE_CHANGING, vec![]).await.expect("a style");
        let picture = page.driver.screenshot_as_png_base64().await.expect("a screenshot");
        let file = root().join(format!("docs/images/{name}.png"));
        if is_blessing() {
            fs::write(&file, STANDARD.decode(&picture).expect("base64")).expect("a file");
        } else if Seen::new().is_same_rendering {
            wrong.extend(difference(page, name, &file, &picture).await);
        }
    }
    assert!(wrong.is_empty(), "RINGBOOK_BLESS=1 makes them again:\n{}", wrong.join("\n"));
    browser.close(&[]).await;
}
