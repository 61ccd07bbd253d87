//! Names in Arabic, Chinese, Japanese, Korean, Hebrew, Greek, Georgian, Armenian and Devanagari script. An ASCII spelling
//! that transliteration does not yield follows a colon.

use super::language::{Agreement, Doubling, Language, Script};

/// Arabic, from the Maghreb to the Gulf.
pub const ARABIC: Language = Language {
    script: Script::Arabic,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 22,
    male: "محمد:mohammed أحمد:ahmed علي:ali عمر:omar خالد:khaled يوسف:youssef حسن:hassan حسين:hussein إبراهيم:ibrahim
        عبد_الله:abdullah عبد_الرحمن:abdulrahman سعيد:saeed سالم:salem فهد:fahad ناصر:nasser طارق:tariq زياد:ziad كريم:karim
        مصطفى:mustafa محمود:mahmoud سامي:sami رامي:rami ماجد:majed وليد:walid هشام:hisham بلال:bilal أنس:anas حمزة:hamza
        عمّار:ammar جمال:jamal فيصل:faisal سلطان:sultan راشد:rashid منصور:mansour نبيل:nabil عادل:adel صلاح:salah رشيد:rachid
        مروان:marwan إلياس:elias جورج:george مالك:malik أيمن:ayman باسم:basem هاني:hani",
    female: "فاطمة:fatima مريم:maryam عائشة:aisha نور:nour سارة:sara ليلى:layla هدى:huda زينب:zainab خديجة:khadija
        أمل:amal سلمى:salma رنا:rana دينا:dina ريم:reem هالة:hala منى:mona نادية:nadia سميرة:samira ياسمين:yasmin لينا:lina
        رانيا:rania إيمان:iman أسماء:asma شيماء:shaimaa حنان:hanan سعاد:suad آمنة:amna جميلة:jamila نجلاء:najla لطيفة:latifa
        وفاء:wafa بسمة:basma هند:hind دانة:dana غادة:ghada",
    surnames: "الأحمد:alahmad الحسن:alhasan الخطيب:alkhatib المصري:almasri الشامي:alshami الحداد:haddad النجار:alnajjar
        القحطاني:alqahtani الغامدي:alghamdi العتيبي:alotaibi الشمري:alshammari الدوسري:aldosari الزهراني:alzahrani الحربي:alharbi
        المطيري:almutairi السيد:elsayed عبد_العزيز:abdulaziz منصور:mansour الهاشمي:alhashimi العلي:alali البغدادي:albaghdadi
        التميمي:altamimi الكعبي:alkaabi المنصوري:almansoori النعيمي:alnuaimi الزعابي:alzaabi الفاسي:elfassi بن_علي:benali
        بن_سالم:bensalem بوعزيز:bouaziz الإدريسي:elidrissi العلوي:alaoui التونسي:tounsi الطرابلسي:trabelsi خوري:khoury حنا:hanna
        صالح:saleh عثمان:othman بكر:bakr سليمان:sulaiman قاسم:qasim حمدان:hamdan شاهين:shaheen عوض:awad درويش:darwish
        فرج:faraj رزق:rizk زيدان:zidan جابر:jaber عيسى:issa موسى:moussa الصباغ:sabbagh البنا:albanna الطيب:altayeb نصّار:nassar",
    patronymics: "محمد أحمد علي عمر خالد يوسف حسن إبراهيم سعيد سالم ناصر محمود جمال راشد عيسى",
    roles: "المستودع\nالاستقبال\nصيدلية الشفاء\nمطعم \"ليالي الشام\"\nسيارة أجرة\nالمحاسبة\nعيادة الأسنان\nحارس البناية
        مخبز السلام\nمغسلة النور\nأمي ❤️\nد. الخطيب\nتوصيل المياه",
    places: "دبي الرياض جدة القاهرة عمّان بيروت أبوظبي الشارقة الدوحة الكويت المنامة مسقط تونس الرباط الإسكندرية",
    honorifics: "د. م. أ.",
    phones: "97150N###### 97155N###### 97152N###### 9714N###### 96650N###### 96655N###### 96654N###### 96611N######
        2010######## 2012######## 96279####### 9613###### 2126######## 2162####### 9745#######",
};

/// Chinese.
pub const CHINESE: Language = Language {
    script: Script::Han,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male: "伟:wei 强:qiang 磊:lei 军:jun 洋:yang 勇:yong 杰:jie 涛:tao 明:ming 超:chao 建国:jianguo 志强:zhiqiang 建华:jianhua
        俊杰:junjie 浩然:haoran 子轩:zixuan 宇航:yuhang 家豪:jiahao 文博:wenbo 天佑:tianyou 海峰:haifeng 国栋:guodong 晓东:xiaodong
        永康:yongkang 振华:zhenhua 思远:siyuan 嘉诚:jiacheng 一鸣:yiming 立新:lixin 鹏飞:pengfei",
    female: "芳:fang 娜:na 敏:min 静:jing 丽:li 艳:yan 秀英:xiuying 桂英:guiying 玉兰:yulan 小红:xiaohong 欣怡:xinyi 雨桐:yutong
        诗涵:shihan 梓涵:zihan 美玲:meiling 雪梅:xuemei 晓燕:xiaoyan 婷婷:tingting 佳琪:jiaqi 思雨:siyu 春花:chunhua 丹丹:dandan
        若曦:ruoxi 海燕:haiyan 淑华:shuhua 文静:wenjing 可欣:kexin 月华:yuehua",
    surnames: "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 马:ma 朱:zhu 胡:hu 郭:guo
        何:he 林:lin 高:gao 罗:luo 郑:zheng 梁:liang 谢:xie 宋:song 唐:tang 许:xu 韩:han 邓:deng 冯:feng 曹:cao 彭:peng 曾:zeng
        肖:xiao 田:tian 董:dong 潘:pan 袁:yuan 蔡:cai 蒋:jiang 余:yu 于:yu 杜:du 叶:ye 程:cheng 魏:wei 苏:su 吕:lv 丁:ding
        任:ren 卢:lu 姚:yao 沈:shen 钟:zhong 姜:jiang 崔:cui 谭:tan 陆:lu 范:fan 汪:wang 欧阳:ouyang 司马:sima 諸葛:zhuge",
    patronymics: "",
    roles: "仓库\n前台\n财务部\n外卖小哥\n物业管理处\n人民医院\n老妈\n快递\n客服中心\n🍜 兰州拉面",
    places: "北京 上海 广州 深圳 杭州 成都 武汉 南京 西安 重庆 苏州 天津 青岛 厦门 台北 香港",
    honorifics: "",
    phones: "86138######## 86139######## 86150######## 86186######## 86177######## 8610######## 8621######## 886912###### 8529#######",
};

/// Japanese.
pub const JAPANESE: Language = Language {
    script: Script::Han,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male: "太郎:taro 健一:kenichi 翔太:shota 大輔:daisuke 拓也:takuya 直樹:naoki 誠:makoto 浩:hiroshi 隆:takashi 蓮:ren 悠真:yuma
        陽翔:haruto 一郎:ichiro 健太:kenta 和也:kazuya 達也:tatsuya 亮:ryo 学:manabu 修:osamu 剛:tsuyoshi ケン:ken",
    female: "花子:hanako 美咲:misaki 陽菜:hina 結衣:yui さくら:sakura 恵子:keiko 洋子:yoko 裕子:yuko 愛:ai 葵:aoi 真由美:mayumi
        智子:tomoko 久美子:kumiko 由美:yumi 彩:aya 凛:rin 美優:miyu 千尋:chihiro 明美:akemi あかり:akari エミ:emi",
    surnames: "佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 伊藤:ito 渡辺:watanabe 山本:yamamoto 中村:nakamura 小林:kobayashi
        加藤:kato 吉田:yoshida 山田:yamada 佐々木:sasaki 山口:yamaguchi 松本:matsumoto 井上:inoue 木村:kimura 林:hayashi 斎藤:saito
        清水:shimizu 山崎:yamazaki 森:mori 池田:ikeda 橋本:hashimoto 阿部:abe 石川:ishikawa 山下:yamashita 中島:nakajima 石井:ishii
        小川:ogawa 前田:maeda 岡田:okada 長谷川:hasegawa 藤田:fujita 後藤:goto 近藤:kondo 村上:murakami 遠藤:endo 青木:aoki 坂本:sakamoto
        斉藤:saito 福田:fukuda 太田:ota 西村:nishimura 藤井:fujii 金子:kaneko 岡本:okamoto 中野:nakano 原田:harada 小野:ono",
    patronymics: "",
    roles: "倉庫\n受付\n経理部\nタクシー\n歯医者\n居酒屋「さくら」\n管理人さん\nお母さん\nラーメン一番\n🍣 寿司政",
    places: "東京 大阪 京都 横浜 名古屋 札幌 福岡 神戸 仙台 広島",
    honorifics: "",
    phones: "8190N####### 8180N####### 8170N####### 813N####### 816N####### 8152N######",
};

/// Korean.
pub const KOREAN: Language = Language {
    script: Script::Han,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male: "민준:minjun 서준:seojun 도윤:doyun 예준:yejun 지호:jiho 준우:junwoo 현우:hyunwoo 성민:sungmin 영수:youngsoo 정훈:junghoon
        동현:donghyun 상우:sangwoo 재현:jaehyun 승현:seunghyun 철수:chulsoo 우진:woojin 태양:taeyang 건우:gunwoo",
    female: "서연:seoyeon 지우:jiwoo 서현:seohyun 민서:minseo 하은:haeun 수빈:subin 지민:jimin 은지:eunji 유진:yujin 영희:younghee
        미영:miyoung 수진:sujin 혜진:hyejin 지은:jieun 보라:bora 하나:hana 예린:yerin 소라:sora",
    surnames: "김:kim 이:lee 박:park 최:choi 정:jung 강:kang 조:cho 윤:yoon 장:jang 임:lim 한:han 오:oh 서:seo 신:shin 권:kwon 황:hwang
        안:ahn 송:song 류:ryu 전:jeon 홍:hong 고:ko 문:moon 양:yang 손:son 배:bae 백:baek 허:heo 유:yoo 남궁:namgung 심:shim 노:noh",
    patronymics: "",
    roles: "창고\n안내데스크\n택배 기사님\n치과\n엄마\n관리사무소\n서울식당\n회계팀",
    places: "서울 부산 인천 대구 대전 광주 수원 제주",
    honorifics: "",
    phones: "8210######## 822N###### 8251N######",
};

/// Hebrew.
pub const HEBREW: Language = Language {
    script: Script::Other,
    agreement: Agreement::Same,
    doubling: Doubling::Hyphen,
    patronymic_percent: 0,
    male: "דוד:david משה:moshe יוסף:yosef אברהם:avraham יעקב:yaakov דניאל:daniel איתן:eitan נועם:noam אורי:uri עומר:omer גיא:guy
        רון:ron עידו:ido אלון:alon יונתן:yonatan",
    female: "שרה:sarah רחל:rachel מרים:miriam נועה:noa תמר:tamar מאיה:maya שירה:shira יעל:yael מיכל:michal רבקה:rivka לאה:lea הילה:hila
        ענת:anat דנה:dana אסתר:esther",
    surnames: "כהן:cohen לוי:levi מזרחי:mizrahi פרץ:peretz ביטון:biton דהן:dahan אברהם:avraham פרידמן:friedman מלכה:malka אזולאי:azoulay
        כץ:katz יוסף:yosef עמר:amar אוחנה:ohana חדד:hadad גבאי:gabay בן_דוד:bendavid אדרי:edri לוין:levin טל:tal קליין:klein חן:chen
        שפירא:shapira רוזנברג:rosenberg",
    patronymics: "",
    roles: "מחסן\nקבלה\nמונית\nרו\"ח לוי\nאמא ❤️\nועד הבית",
    places: "תל-אביב ירושלים חיפה באר-שבע נתניה",
    honorifics: "ד\"ר",
    phones: "97250####### 97252####### 97254####### 9723####### 9722#######",
};

/// Greek.
pub const GREEK: Language = Language {
    script: Script::Other,
    agreement: Agreement::Same,
    doubling: Doubling::Hyphen,
    patronymic_percent: 0,
    male: "Γιώργος Γιάννης Κώστας Δημήτρης Νίκος Παναγιώτης Βασίλης Χρήστος Αθανάσιος Μιχάλης Ευάγγελος Σπύρος Αντώνης Αναστάσιος
        Θεόδωρος Ανδρέας Χαράλαμπος Αλέξανδρος Εμμανουήλ Ηλίας Σταύρος",
    female: "Μαρία Ελένη Αικατερίνη Βασιλική Σοφία Αγγελική Γεωργία Δήμητρα Κωνσταντίνα Παρασκευή Άννα Ιωάννα Ευαγγελία Χριστίνα
        Ειρήνη Αναστασία Ευγενία Καλλιόπη Θεοδώρα Ζωή",
    surnames: "Παπαδόπουλος/Παπαδοπούλου Βλάχος/Βλάχου Αγγελόπουλος/Αγγελοπούλου Νικολαΐδης/Νικολαΐδου Παππάς/Παππά
        Γεωργίου Δημητρίου Οικονόμου Βασιλείου Ιωάννου Κωνσταντίνου Αντωνίου Μακρής/Μακρή Κωστόπουλος/Κωστοπούλου
        Παπανικολάου Σαμαράς/Σαμαρά Θεοδωρίδης/Θεοδωρίδου Καραγιάννης/Καραγιάννη Αλεξίου Χατζής/Χατζή
        Μαυρίδης/Μαυρίδου Λαμπρόπουλος/Λαμπροπούλου Σταματόπουλος/Σταματοπούλου Πετρίδης/Πετρίδου Ζαφειρίου
        Καζαντζάκης/Καζαντζάκη Θεοδωράκης/Θεοδωράκη Ξενάκης/Ξενάκη",
    patronymics: "",
    roles: "Αποθήκη\nΓραμματεία\nΤαβέρνα «Ο Νίκος»\nΤαξί\nΦαρμακείο",
    places: "Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο Λευκωσία",
    honorifics: "κ.",
    phones: "3069######## 30210N###### 30231N###### 35799######",
};

/// Georgian.
pub const GEORGIAN: Language = Language {
    script: Script::Other,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male: "გიორგი დავით ლევან ზურაბ ნიკა ირაკლი ვახტანგ თორნიკე ლუკა შოთა ავთანდილ მიხეილ ბექა გელა თემურ",
    female: "ნინო თამარ მარიამ ანა ეკა ნათია ქეთევან სოფიო ლელა მაკა ხათუნა თეა ელენე ლია სალომე",
    surnames:
        "ბერიძე კაპანაძე გელაშვილი მაისურაძე გიორგაძე ლომიძე წიკლაური ბოლქვაძე კვარაცხელია ნოზაძე ხუციშვილი შენგელია
        აბაშიძე ჯავახიშვილი ფიროსმანაშვილი მელაძე დოლიძე ჩხეიძე წერეთელი ყიფიანი თოფურია დადიანი",
    patronymics: "",
    roles: "საწყობი\nტაქსი\nაფთიაქი\nსახაჩაპურე \"თბილისი\"\nდედა",
    places: "თბილისი ბათუმი ქუთაისი რუსთავი",
    honorifics: "",
    phones: "99555N###### 99557N###### 99559N###### 99532N######",
};

/// Armenian.
pub const ARMENIAN: Language = Language {
    script: Script::Other,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male: "Արամ Դավիթ Տիգրան Հայկ Արմեն Վահան Գոռ Նարեկ Սուրեն Աշոտ Գևորգ Կարեն Ռուբեն Հովհաննես Վարդան",
    female: "Անի Մարիամ Նարե Գայանե Լուսինե Աննա Շուշան Հասմիկ Անահիտ Կարինե Սոնա Լիլիթ Նունե Արփինե Մանե",
    surnames: "Գրիգորյան Հարությունյան Սարգսյան Հովհաննիսյան Խաչատրյան Հակոբյան Պետրոսյան Վարդանյան Գևորգյան Կարապետյան
        Ղազարյան Մկրտչյան Ավետիսյան Մարտիրոսյան Մանուկյան Բաղդասարյան Սահակյան Աբրահամյան Դանիելյան Թումանյան",
    patronymics: "",
    roles: "Պահեստ\nՏաքսի\nԴեղատուն\nՄայրիկ\nՍրճարան «Արարատ»",
    places: "Երևան Գյումրի Վանաձոր Դիլիջան",
    honorifics: "",
    phones: "37491###### 37493###### 37477###### 37410######",
};

/// Hindi, in Devanagari.
pub const HINDI: Language = Language {
    script: Script::Other,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male: "राज:raj अमित:amit विकास:vikas राहुल:rahul संजय:sanjay अर्जुन:arjun रोहित:rohit अनिल:anil सुनील:sunil विजय:vijay आदित्य:aditya
        मनोज:manoj दीपक:deepak",
    female: "प्रिया:priya अंजलि:anjali नेहा:neha पूजा:pooja सुनीता:sunita कविता:kavita दीपिका:deepika मीरा:meera लक्ष्मी:lakshmi
        आशा:asha रेखा:rekha सीता:sita",
    surnames: "शर्मा:sharma वर्मा:verma सिंह:singh कुमार:kumar गुप्ता:gupta पटेल:patel मेहता:mehta जोशी:joshi यादव:yadav मिश्रा:mishra
        अग्रवाल:agarwal चौधरी:chaudhary देसाई:desai रेड्डी:reddy नायर:nair कपूर:kapoor खन्ना:khanna त्रिपाठी:tripathi",
    patronymics: "",
    roles: "गोदाम\nटैक्सी\nदवाखाना\nमाँ\nचाय वाला",
    places: "दिल्ली मुंबई जयपुर लखनऊ पुणे",
    honorifics: "डॉ.",
    phones: "919######### 918######### 9111N####### 9122N#######",
};
