//! Names in Latin script, part one: English, German, French, Spanish, Portuguese, Italian.

use super::language::{Agreement, Doubling, Language, Script};

/// English, with Irish and Scottish surnames.
pub const ENGLISH: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Hyphen,
    patronymic_percent: 7,
    male: "James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew
        Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason
        Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel
        Gregory Alexander Patrick Frank Raymond Jack Dennis Jerry Tyler Aaron Adam Nathan Henry Douglas Zachary
        Peter Kyle Noah Ethan Jeremy Walter Christian Keith Roger Terry Sean Austin Gerald Carl Harold Dylan
        Arthur Lawrence Jordan Jesse Bryan Billy Bruce Gabriel Joe Logan Alan Juan Albert Willie Elijah Wayne
        Randy Vincent Mason Roy Ralph Bobby Russell Bradley Philip Eugene Liam Oliver Angus Rhys Declan Jean-Luc",
    female: "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Sandra
        Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura
        Cynthia Dorothy Amy Kathleen Angela Shirley Brenda Emma Anna Pamela Nicole Samantha Katherine Christine
        Helen Debra Rachel Carolyn Janet Maria Catherine Heather Diane Olivia Julie Joyce Victoria Ruth Virginia
        Lauren Kelly Christina Joan Evelyn Judith Andrea Hannah Megan Cheryl Jacqueline Martha Madison Teresa
        Gloria Sara Janice Ann Kathryn Abigail Sophia Frances Jean Alice Judy Isabella Julia Grace Amber Denise
        Danielle Marilyn Beverly Charlotte Natalie Theresa Diana Brittany Zoë Chloë Renée Siân Aoife Mary-Jane",
    surnames: "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Thomas Taylor Moore Jackson Martin
        Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Nelson
        Baker Hall Campbell Mitchell Carter Roberts Turner Phillips Parker Evans Edwards Collins Stewart Morris
        Murphy Cook Rogers Morgan Cooper Peterson Bailey Reed Kelly Howard Cox Ward Richardson Watson Brooks Wood
        James Bennett Gray Hughes Price Myers Long Foster Sanders Ross Powell Sullivan Russell Jenkins Perry Butler
        Barnes Fisher Henderson Coleman Simmons Patterson Jordan Reynolds Hamilton Graham Wallace Cole West Owens
        Hayes Ellis Gibson Marshall Murray Freeman Wells Webb Simpson Stevens Tucker Porter Hunter Hicks Crawford
        Boyd Mason Kennedy Warren Dixon Burns Gordon Shaw Holmes Rice Robertson Hunt Black Palmer Knight Ferguson
        Rose Stone Hawkins Dunn Hudson Spencer Gardner Payne Pierce Berry Matthews Arnold Willis Watkins Carroll
        Duncan Armstrong Lane Bradley Fox Harper Greene O'Brien O’Connor O'Neill O'Sullivan O’Hara D'Arcy D’Angelo
        McDonald MacLeod McCarthy McKenzie FitzGerald St._John Lloyd-Jones Featherstonehaugh Brontë Abernathy
        Blackwood Chamberlain Ashworth Whitaker Fairbanks Winterbourne Nightingale Pemberton Thistlethwaite",
    patronymics: "Lee James/Marie Edward/Grace Alexander/Rose Michael/Jane Henry/Louise Arthur/Elizabeth J. T. W. St._Clair",
    roles: "Reception\nWarehouse\nFront BookWriter\nAccounts Payable\nHelp BookWriter\nNight Security\nDentist\nPlumber\nGarage
        Landlord\nTaxi\nSchool Office\nVet\nGP Surgery\nMum ❤️\nDad\nGran\nCoach Bob\nPizza \"Da Mario\"\nJoe's Diner
        The Crow's Nest\nRosie's Flowers\n🚕 City Cabs\nGym\nPiano Teacher\nBabysitter\nElectrician (24h)\nLocksmith",
    places: "London Manchester Bristol Leeds Dublin Edinburgh Glasgow Cardiff Boston Chicago Denver Seattle Austin Portland
        Toronto Sydney Auckland Oxford Brighton York",
    honorifics: "Dr. Prof. Mr Mrs Ms Sir Rev.",
    phones: "4477N####### 4478N####### 4479N####### 44207####### 44161#######  1212N###### 1415N###### 1312N###### 1617N######
        1206N###### 1305N###### 1512N###### 1646N###### 3538N####### 614N####### 1416N######",
};

/// German.
pub const GERMAN: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Hyphen,
    patronymic_percent: 1,
    male: "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst Frank Dieter
        Manfred Gerhard Hans Bernd Thorsten Jörg Matthias Markus Jan Lukas Felix Jonas Maximilian Paul Leon Finn
        Björn Sören Götz Hans-Peter Karl-Heinz Rüdiger Ulrich Heiko Tobias Sebastian Florian Moritz Emil Anton",
    female: "Maria Ursula Monika Petra Elisabeth Sabine Renate Helga Karin Brigitte Ingrid Erika Andrea Gisela Claudia
        Susanne Gabriele Christa Christine Hildegard Anna Birgit Barbara Gertrud Heike Marianne Elke Martina Angelika
        Käthe Bärbel Anneliese Jutta Katrin Ute Lena Hannah Mia Emma Leonie Anna-Lena Marie-Luise Sigrid Grete Zoë",
    surnames: "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter
        Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Schmitz Krause
        Meier Lehmann Schmid Schulze Maier Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz
        Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann
        Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer
        Groß Seidel Heinrich Brandt Haas Schreiber Graf Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch Bergmann
        von_Hohenberg von_der_Heide zu_Löwenstein Strauß Weiß-Ferdl Übelacker Öztürk-Lange Goßmann Straßer",
    patronymics: "Johannes/Maria Josef/Sophie",
    roles: "Empfang\nLager\nBuchhaltung\nHausmeister\nZahnarzt\nBäckerei Sommer\nAutohaus\nTaxi\nApotheke\nOma 👵🏽\nOpa
        Mutti\nGasthaus \"Zum Löwen\"\nPhysiotherapie\nKindergarten Sonnenschein\nFrau Müller (2. OG)\nElektro-Notdienst
        Getränkemarkt\nFußpflege\nSchlüsseldienst\nTierärztin",
    places: "Berlin Hamburg München Köln Frankfurt Stuttgart Düsseldorf Leipzig Dresden Nürnberg Wien Zürich Graz Würzburg",
    honorifics: "Dr. Prof. Herr Frau Dipl.-Ing.",
    phones: "49151######## 49160####### 49171####### 49176######## 4930N####### 4989N####### 4940N####### 4969N#######
        43664####### 4179####### 431N######",
};

/// French.
pub const FRENCH: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Hyphen,
    patronymic_percent: 1,
    male: "Jean Pierre Michel André Philippe René Louis Alain Jacques Bernard Marcel Daniel Roger Robert Paul Claude
        Christian Henri Georges Nicolas François Frédéric Stéphane Gérard Jérôme Rémi Loïc Théo Hugo Léo Maël Gaël
        Jean-Pierre Jean-François Étienne Benoît",
    female: "Marie Jeanne Françoise Monique Catherine Nathalie Isabelle Jacqueline Anne Sylvie Martine Madeleine Nicole
        Suzanne Hélène Christine Marguerite Denise Louise Valérie Céline Aurélie Émilie Léa Chloé Inès Zoé Maëlle
        Marie-Claire Anne-Sophie Geneviève Noémie Anaïs Éloïse Agnès",
    surnames:
        "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefèvre Michel Garcia
        David Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand
        Garnier Faure Rousseau Blanc Guérin Boyer Chevalier Clément Gauthier Perrin Noël Dufour Benoît Lévêque d'Aubigné
        d’Estaing de_La_Fontaine du_Bellay Le_Goff L'Hôpital Saint-Exupéry Bérénger Çelik-Dumont Œuvrard Besançon",
    patronymics: "Louis/Marie",
    roles:
        "Accueil\nEntrepôt\nComptabilité\nBoulangerie \"L'Épi d'Or\"\nCrèche\nMaman ❤️\nPapi\nTaxi de nuit\nPharmacie
        Château d'Eau\nGarage Renoir\nFleuriste 💐",
    places: "Paris Lyon Marseille Toulouse Nantes Genève Bruxelles Orléans Saint-Étienne Besançon Montréal",
    honorifics: "Dr Me M. Mme",
    phones: "336######## 337######## 331######## 334######## 32475###### 4122#######",
};

/// Spanish, two surnames as often as one.
pub const SPANISH: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Space,
    patronymic_percent: 1,
    male: "José Antonio Juan Manuel Francisco Luis Javier Miguel Carlos Jesús Alejandro Daniel Rafael Pedro Pablo Ángel
        Sergio Fernando Jorge Alberto Álvaro Diego Adrián Raúl Enrique Ramón Iván Rubén Óscar Andrés Joaquín Martín
        Íñigo Hernán José_Luis",
    female: "María Carmen Ana Isabel Laura Cristina Marta Dolores Lucía Pilar Elena Sara Paula Raquel Mercedes Rosario
        Beatriz Teresa Rocío Silvia Julia Patricia Irene Sofía Concepción Inés Mónica Verónica Begoña Ángela Belén
        María_José Guadalupe Ximena Nuria",
    surnames: "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz
        Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco
        Molina Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez Iglesias Medina Garrido Cortés Castillo Lozano
        Guerrero Cano Prieto Méndez Cruz de_la_Cruz de_la_Torre del_Río Ibáñez Peña Ñáñez Zúñiga Yáñez",
    patronymics: "María",
    roles: "Recepción\nAlmacén\nContabilidad\nMamá ❤️\nAbuela\nTaller mecánico\nPeluquería Toñi\nBar \"El Rincón\"\nPizzería
        Clínica dental\nPortería\nGestoría",
    places: "Madrid Barcelona Valencia Sevilla Bogotá Lima Córdoba León Málaga Medellín",
    honorifics: "Dr. Dra. Sr. Sra. Don Doña",
    phones: "346######## 347######## 3491####### 3493####### 573######### 549######### 52155########",
};

/// Portuguese, with Brazilian phones too.
pub const PORTUGUESE: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Space,
    patronymic_percent: 1,
    male:
        "João Antônio Francisco Carlos Paulo Pedro Lucas Luiz Marcos Gabriel Rafael Daniel Marcelo Bruno Eduardo Felipe
        Rodrigo Tiago Gonçalo Duarte Simão Caetano Vítor Sebastião Inácio Estêvão",
    female:
        "Maria Ana Francisca Antônia Adriana Juliana Márcia Fernanda Patrícia Aline Sandra Camila Amanda Bruna Jéssica
        Letícia Júlia Luciana Vanessa Mariana Conceição Inês Beatriz Graça Leonor Ângela",
    surnames: "Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro Martins Carvalho
        Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias Nascimento Andrade Moreira Nunes Marques Machado Mendes
        Freitas Cardoso Ramos Gonçalves Santana Teixeira Araújo Magalhães Guimarães da_Silva dos_Santos de_Sousa
        d'Ávila da_Conceição Brandão Leitão Simões",
    patronymics: "Maria",
    roles: "Recepção\nArmazém\nPadaria Pão Quente\nMãe ❤️\nOficina\nFarmácia São João\nPortaria\nContabilidade",
    places: "Lisboa Porto Coimbra Braga São_Paulo Brasília Recife Salvador Évora",
    honorifics: "Dr. Dra. Sr. Eng.",
    phones: "3519######## 35121####### 35122####### 55119######## 55219######## 55319########",
};

/// Italian.
pub const ITALIAN: Language = Language {
    script: Script::Latin,
    agreement: Agreement::Same,
    doubling: Doubling::Never,
    patronymic_percent: 0,
    male:
        "Giuseppe Giovanni Antonio Mario Luigi Francesco Angelo Vincenzo Pietro Salvatore Carlo Franco Marco Andrea Luca
        Matteo Lorenzo Niccolò Nicolò Davide Riccardo",
    female:
        "Maria Anna Giuseppina Rosa Angela Giovanna Teresa Lucia Carmela Caterina Francesca Chiara Giulia Sofia Aurora
        Martina Elisa Alessandra Noemi Beatrice",
    surnames:
        "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De_Luca Mancini Costa
        Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini D'Angelo
        D’Amico Dell'Acqua Dall'Oglio De_Santis Lo_Presti Nicolò Cantù Donà",
    patronymics: "",
    roles: "🍕 Pizza Napoli\nPortineria\nMagazzino\nMamma\nTrattoria \"Da Gigi\"\nBar dell'Angolo\nFarmacia\nIdraulico",
    places: "Roma Milano Napoli Torino Firenze Bologna Cefalù Forlì",
    honorifics: "Dott. Avv. Ing. Sig.ra",
    phones: "3933######## 3934######## 3906######## 3902########",
};
