//! Names in Latin script, part two: Dutch, Polish, Turkish, Scandinavian, Vietnamese.

use super::language::{Agreement, Doubling, Language, Script};

/// Dutch, mostly with particles.
pub const DUTCH: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Hyphen,
    patronymic_percent: 0,
    male: "Jan Pieter Willem Hendrik Sander Daan Bram Sem Luuk Thijs Jeroen Maarten Koen Ruben Joost Gijs Hans Kees Björn",
    female: "Anna Maria Johanna Sanne Lotte Fleur Femke Noor Julia Saskia Marieke Anouk Ilse Roos Sophie Esmée Mirjam Hanneke Zoë",
    surnames: "de_Jong Jansen de_Vries van_den_Berg van_der_Berg van_Dijk Bakker Janssen Visser Smit Meijer de_Boer Mulder de_Groot
        Bos Vos Peters Hendriks van_Leeuwen Dekker Brouwer de_Wit Dijkstra Smits de_Graaf van_der_Meer van_'t_Hof Kuiper
        Veenstra Postma Hoekstra Koster Prins Blom Huisman Kuipers Schouten in_'t_Veld ter_Horst Coördes",
    patronymics: "",
    roles: "Receptie\nMagazijn\nTandarts\nHuisarts\nOma\nFietsenmaker\nCafé 't Hoekje\nBakkerij",
    places: "Amsterdam Rotterdam Utrecht Leiden Delft Gent Antwerpen Brugge",
    honorifics: "dr. ir. mevr.",
    phones: "316######## 3120####### 3110####### 32486######",
};

/// Polish, where some surnames follow the bearer's gender.
pub const POLISH: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Polish,
    doubling: Doubling::Hyphen,
    patronymic_percent: 0,
    male: "Piotr Krzysztof Andrzej Tomasz Paweł Jan Michał Marcin Stanisław Jakub Adam Marek Łukasz Grzegorz Mateusz
        Wojciech Mariusz Dariusz Zbigniew Jerzy Maciej Rafał Robert Kamil Józef Jacek Dawid Tadeusz Kacper Ryszard Szymon
        Bartłomiej Sławomir Mieczysław Żegota",
    female: "Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Joanna Zofia Teresa Aleksandra
        Monika Zuzanna Danuta Natalia Julia Karolina Marta Beata Dorota Jadwiga Alicja Halina Iwona Wiktoria Grażyna
        Bożena Stanisława Świętosława Łucja Róża Jolanta",
    surnames: "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Woźniak Szymański Dąbrowski Kozłowski
        Mazur Jankowski Kwiatkowski Wojciechowski Krawczyk Kaczmarek Piotrowski Grabowski Zając Pawłowski Michalski Król
        Wieczorek Jabłoński Wróbel Nowakowski Majewski Stępień Olszewski Jaworski Malinowski Dudek Adamczyk Pawlak Górski
        Nowicki Sikora Walczak Witkowski Baran Rutkowski Michalak Szewczyk Ostrowski Tomaszewski Pietrzak Zalewski
        Wróblewski Jasiński Marciniak Bąk Zawadzki Sadowski Duda Jakubowski Wilk Chmielewski Brzęczyszczykiewicz Żak
        Ślusarczyk Łapiński Czarnecki",
    patronymics: "",
    roles: "Recepcja\nMagazyn\nKsięgowość\nBabcia\nMama ❤️\nDentysta\nPiekarnia \"U Zosi\"\nTaksówka\nApteka pod Lwem\nWarsztat",
    places: "Warszawa Kraków Łódź Wrocław Poznań Gdańsk Szczecin Białystok Rzeszów Zakopane",
    honorifics: "dr prof. mgr inż.",
    phones: "48501###### 48602###### 48693###### 48720###### 48511###### 4822N###### 4812N###### 4861N######",
};

/// Turkish, with the dotted and the dotless i.
pub const TURKISH: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Space,
    patronymic_percent: 0,
    male: "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil Süleyman Emre Burak
        Kerem Can Efe Deniz Cem Barış Tolga Onur Volkan Çağlar Oğuz Şükrü Işık Ümit",
    female: "Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Sultan Hanife Merve Özlem Esra Büşra Kübra Gül Sibel Derya Ebru
        Pınar Aslı Gamze İrem Nazlı Çiğdem Gülşen Defne Ece Şule Yıldız Işıl",
    surnames: "Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt
        Özkan Şimşek Polat Korkmaz Çakır Erdoğan Acar Güler Aktaş Tekin Bulut Güneş Avcı Işık Bozkurt Turan Ünal Keskin
        İnce Uçar Gündüz Kahraman Ağaoğlu Hacıoğlu",
    patronymics: "",
    roles: "Resepsiyon\nDepo\nMuhasebe\nAnnem ❤️\nTaksi durağı\nKebapçı İskender\nEczane\nKuaför Ayşe\nKapıcı",
    places: "İstanbul Ankara İzmir Bursa Antalya Eskişehir Muğla Diyarbakır",
    honorifics: "Dr. Av. Prof.",
    phones: "9053######## 9054######## 9055######## 90212####### 90312####### 90232#######",
};

/// Swedish, Norwegian, Danish, Finnish and Icelandic.
pub const SCANDINAVIAN: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Hyphen,
    patronymic_percent: 1,
    male: "Lars Anders Per Erik Nils Karl Olof Åke Göran Håkan Jørgen Søren Bjørn Kåre Øyvind Magnus Mikkel Rasmus Jens Henrik
        Pekka Juhani Väinö Mikko Þór Guðmundur Einar Leif Sven Torbjörn",
    female: "Anna Eva Karin Kristina Ingrid Astrid Freja Ida Maja Linnéa Åsa Märta Kirsten Mette Bodil Solveig Sigrid Liv Ragnhild
        Aino Päivi Hanna Guðrún Sæunn Bjørg Gro Tove Ebba Elsa Annika",
    surnames: "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Hansen Johansen Olsen
        Larsen Andersen Pedersen Nielsen Jensen Christensen Rasmussen Sørensen Jørgensen Møller Kjær Ødegård Bø Åberg
        Ångström Öberg Sjöström Lindqvist Bergström Virtanen Korhonen Mäkinen Hämäläinen Järvinen Sigurðsson/Sigurðardóttir
        Guðmundsson/Guðmundsdóttir Þórsson/Þórsdóttir af_Klercker",
    patronymics: "Johan/Maria",
    roles: "Reception\nLager\nMormor\nTandläkare\nVaktmästare\nBageri Brød & Co\nTaxi Oslo\nSkole",
    places: "Stockholm Göteborg Malmö København Aarhus Oslo Tromsø Helsinki Reykjavík Ålesund",
    honorifics: "dr.",
    phones: "4670####### 4673####### 468####### 474####### 479####### 452####### 454####### 35840####### 3548######",
};

/// Vietnamese, with stacked diacritics.
pub const VIETNAMESE: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male: "Văn_Minh Văn_Hùng Đức_Anh Quốc_Bảo Minh_Tuấn Hữu_Nghĩa Thành_Long Công_Vinh Quang_Hải Đình_Trọng Xuân_Trường Việt_Dũng
        Gia_Huy Hoàng_Nam Anh_Tú Tiến_Đạt",
    female: "Thị_Hoa Thị_Lan Ngọc_Ánh Thu_Hằng Thanh_Thảo Phương_Linh Bích_Ngọc Mỹ_Duyên Kim_Ngân Hồng_Nhung Thùy_Trang Diễm_Quỳnh
        Khánh_Vy Tường_Vi Thị_Hường",
    surnames: "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh",
    patronymics: "",
    roles: "Lễ tân\nKho hàng\nPhở Hà Nội\nMẹ\nXe ôm anh Tư\nNha sĩ",
    places: "Hà_Nội Đà_Nẵng Huế Cần_Thơ Hải_Phòng",
    honorifics: "BS.",
    phones: "8490####### 8491####### 8498####### 8424N#######",
};
