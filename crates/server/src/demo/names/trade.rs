//! Names of organizations and groups, parts of them, and unusual contacts.

/// The first organizations of every book.
pub const FIRST_ORGANIZATIONS: [&str; 16] = [
    "ООО «Ромашка»",
    "Müller & Söhne GmbH",
    "O'Brien \"Quick\" Logistics Ltd.",
    "شركة النور للتجارة",
    "АО «Северный ветер»",
    "株式会社さくら商事",
    "Boulangerie L'Épi d'Or SARL",
    "ИП Соловьёва А. П.",
    "Acme Corporation",
    "ТОО «Алатау Сервис»",
    "北京长城贸易有限公司",
    "ТОВ «Кав'ярня під липою»",
    "Żółta Kaczka sp. z o.o.",
    "Ağaoğlu İnşaat A.Ş.",
    "Smith, Jones & Partners LLP",
    "Peña Hermanos S.L.",
];

pub const CYRILLIC_STEMS: &str =
    "Ромашка Вектор Горизонт Альфа Восток Запад Север Юг Маяк Орион Сатурн Каскад Факел Заря
    Рассвет Берег Родник Кристалл Гранит Малахит Янтарь Изумруд Рубин Парус Штурм Прогресс Импульс Спектр Эталон Гарант
    Союз Альянс Мастер Кедр Берёза Дубрава Тайга Байкал Урал Алтай Эльбрус Волга Нева Кама Енисей Ладога Арктика Полюс
    Меридиан Экватор Зенит Апогей Квант Протон Нейтрон Атлант Титан Олимп Феникс Пегас Грифон Сокол Беркут Лебедь";

pub const CYRILLIC_TRADES: &str =
    "Строй Торг Транс Тех Авто Агро Мед Фарм Энерго Нефте Газ Лес Метал Хим Пром Инвест Сервис
    Монтаж Дизайн Медиа Софт Телеком Логистик Ремонт Мебель Текстиль Продукт Молоко Хлеб Рыба";

/// `{}` stands for the name.
pub const CYRILLIC_FORMS: [&str; 8] =
    ["ООО «{}»", "ООО «{}»", "ООО \"{}\"", "АО «{}»", "ПАО «{}»", "ТОВ «{}»", "ТОО «{}»", "{}"];

pub const LATIN_TRADES: &str = "Logistics Consulting Foods Motors Textiles Pharma Energy Software Media Travel Printing Dental
    Architects Bakery Plumbing Security Insurance Timber Optics Studio Catering Robotics Electric Interiors Shipping Brewery
    Vineyards Aviation Analytics Publishing Solar Water Tools Paints Toys Books Coffee Seeds Glass Steel";

pub const LATIN_FORMS: [&str; 14] = [
    "{} Ltd.",
    "{} GmbH",
    "{} Inc.",
    "{} S.A.",
    "{} AG",
    "{}",
    "{} & Co. KG",
    "{} B.V.",
    "{} sp. z o.o.",
    "{} A.Ş.",
    "{} AB",
    "{} S.r.l.",
    "{} Lda.",
    "The {} Company",
];

pub const ARABIC_STEMS: &str =
    "النور السلام الأمل الفجر الهلال النخيل البركة الصفا الوفاء الريان الخليج الشرق الواحة المنار
    الياسمين الزهراء الرواد الاتحاد اليمامة الجزيرة";

pub const ARABIC_FORMS: [&str; 8] = [
    "شركة {} للتجارة",
    "مؤسسة {} للمقاولات",
    "مجموعة {}",
    "مستشفى {}",
    "مطاعم {}",
    "شركة {} للنقل",
    "مصنع {} للأغذية",
    "مكتب {} للمحاماة",
];

pub const HAN_STEMS: &str =
    "長城 太陽 富士 さくら 東方 三和 大和 金龍 明星 天河 华润 海天 新光 山水 青空 桜井 光明 宏達 永和 日之出
    한빛 대한 새벽 푸른 미래";

pub const HAN_FORMS: [&str; 8] =
    ["株式会社{}", "{}有限公司", "{}科技有限公司", "{}商事", "{}貿易公司", "{}集团", "{}物流", "주식회사 {}"];

/// Names of groups and their shares of all memberships, most useful groups first.
pub const GROUPS: [(&str, u64); 40] = [
    ("Клиенты", 4000),
    ("VIP", 12),
    ("Поставщики", 600),
    ("Partners", 900),
    ("Сотрудники", 350),
    ("Newsletter 2024", 1800),
    ("Друзья и семья", 150),
    ("Должники", 60),
    ("عملاء الخليج", 250),
    ("Прозвон: \"тёплые\"", 700),
    ("東京オフィス", 120),
    ("Journalists & bloggers", 30),
    ("Оптовики", 420),
    ("Kunden DACH", 380),
    ("Выставка — осень", 210),
    ("Подрядчики", 160),
    ("Leads (cold)", 1500),
    ("Leads (hot)", 90),
    ("Арендаторы", 75),
    ("Дилеры", 140),
    ("Klienci", 170),
    ("Clients d'Europe", 190),
    ("Ветераны", 20),
    ("Скидка 10%", 320),
    ("Do not disturb", 45),
    ("Совет директоров", 3),
    ("Врачи", 55),
    ("Учителя", 50),
    ("Водители", 85),
    ("Müşteriler", 110),
    ("Mayoristas", 100),
    ("Birthday this month 🎂", 65),
    ("Support: 2nd line", 28),
    ("Архив", 950),
    ("test_group", 8),
    ("Юристы", 24),
    ("Conference speakers", 18),
    ("Соседи", 15),
    ("中国供应商", 48),
    ("Новые", 260),
];

/// Names with characters that are special in patterns or need quoting.
pub const SPECIAL_CHARACTERS: [&str; 10] = [
    "100% Fitness",
    "Скидки 50%",
    "back\\slash",
    "dev_null Hosting",
    "C:\\Sklad",
    "snake_case Studio",
    "%name%",
    "A_B Testing",
    "Кафе 'Ёлки-палки'",
    "\"Цитата\" \\ архив",
];

/// Informal names that begin or end in an emoji.
pub const INFORMAL: [&str; 14] = [
    "☎️ Такси",
    "🍕 Pizza Napoli",
    "🚑 Скорая",
    "Мама ❤️",
    "🐶 Grooming",
    "🌸 Цветы 24",
    "⚽ Тренер",
    "🔧 Сантехник Вася",
    "👩‍⚕️ Doctor",
    "🎸 Band practice",
    "🏠 Haus Grün",
    "🍜 兰州拉面",
    "☕ قهوة",
    "👨‍👩‍👧 Семья",
];

/// Mail domains that are reserved for examples.
pub const MAIL_DOMAINS: [&str; 12] = [
    "example.com",
    "example.com",
    "example.org",
    "example.net",
    "mail.example",
    "mail.example",
    "pochta.example",
    "inbox.example",
    "post.example",
    "home.test",
    "correo.example",
    "mail.test",
];

/// Local parts of shared mailboxes.
pub const ROLE_MAILBOXES: [&str; 10] =
    ["info", "office", "sales", "support", "hello", "contact", "team", "booking", "service", "mail"];
