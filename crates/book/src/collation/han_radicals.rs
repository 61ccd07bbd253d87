//! The order of Han characters by radical and strokes, where it differs from the order of code points.
//!
//! The root collation orders Han characters by radical and strokes. The collator's data lack that table and use code
//! points, which is nearly the same order in the block of common characters, U+4E00 to U+9FFF: 408 of its 20 992
//! characters differ. This module maps each character of the block to the code point of its rank.
//!
//! Han characters outside of that block, which are rare in names, sort after it by code point.

use std::collections::HashMap;
use std::sync::LazyLock;

const FIRST: char = '\u{4e00}';
const LAST: char = '\u{9fff}';
const CHARACTERS: usize = LAST as usize - FIRST as usize + 1;

/// The rank of each character of the block.
static RANKS: LazyLock<Vec<u16>> = LazyLock::new(ranks);

/// Whether the character belongs to the block.
pub(super) fn is_in_block(character: char) -> bool {
    (FIRST..=LAST).contains(&character)
}

/// The character whose code point corresponds to the rank of this one; itself outside of the block.
pub(super) fn to_rank(character: char) -> char {
    if !is_in_block(character) {
        return character;
    }
    let rank = RANKS[character as usize - FIRST as usize];
    char::from_u32(FIRST as u32 + u32::from(rank)).unwrap_or(character)
}

fn ranks() -> Vec<u16> {
    let followers: HashMap<char, char> = MOVED
        .split_whitespace()
        .filter_map(|pair| {
            let mut pair = pair.chars();
            Some((pair.next()?, pair.next()?))
        })
        .collect();
    let moved: Vec<char> = {
        let mut moved: Vec<char> = followers.values().copied().collect();
        moved.sort_unstable();
        moved
    };
    let mut ranks = vec![0; CHARACTERS];
    let mut next = 0;
    for character in (FIRST..=LAST).filter(|character| moved.binary_search(character).is_err()) {
        let mut present = Some(character);
        while let Some(character) = present {
            ranks[character as usize - FIRST as usize] = next;
            next += 1;
            present = followers.get(&character).copied();
        }
    }
    ranks
}

/// Pairs of a character and its successor, where the successor is not the next code point.
const MOVED: &str = "\
    丌亐 亐卄 专丗 严丽 丽鿖 丧鿗 丸义 乌尹 九龴 伬佤 侭鿇 傩鿘 働鿙 僴僷 僷僲 儞儫 儫鿚 全氽 兴龹 兹养 \
    冕最 冻鿑 凟鿛 剱剶 剶剩 匫龨 半卌 卖龺 卽卿 原虒 厣厩 叢壡 啹啙 啙啫 喾噅 噅喍 嗵鿽 嘧噑 噑噓 噓嘟 \
    嘟嘠 噝噴 嚓嚺 囄囍 囋囎 囜龱 國圏 圡龶 垵城 城鿍 堕埪 塈鿾 鿾堽 堽塃 壌龳 壗龼 夌変 夑夓 奍奔 奖奊 \
    姗妍 娈姬 娴娽 娽娬 媯嫏 嫏媐 嬢嬴 嬽嬹 孰孲 宫宧 寕寪 専将 尕龸 山乢 峅岍 嵝嵊 巂嶻 巐巎 巕巗 幏幈 \
    幙幛 幹乡 应庘 廃廊 廌鿮 鿮廄 廭龐 彻鿈 鿈鿉 徍徔 徤徚 徴徲 愦慨 憈慭 懔憻 戟戦 戯戱 戲戴 才龵 扖扏 \
    扬扟 报扸 掽掲 搅摒 摊揅 撄撇 撇搱 搱摖 撺擆 擱擥 攐攒 攧鿜 鿜攥 敌啟 敪敭 斃贁 旆旊 晖勗 晩曽 暃暑 \
    曍龧 曗曚 書曺 朢膤 杩极 桪鿄 榌榔 榔榘 榘榊 槡槩 槩樮 樱橥 橥橴 櫦櫫 櫫櫭 欅欌 欌櫷 欝鿝 欢欤 止龰 \
    殱鿞 氳鿫 氵氺 汤汷 泾泚 浕洍 洍洖 涩涙 渗渚 渚湴 湴渃 溌滋 滋滞 滞鿌 鿌鿿 滪漓 漓滌 滌滚 潍漋 漋漽 \
    澝濐 濐鿰 鿰澙 濓濖 濖澀 瀔濳 灣灎 灳炇 焘焔 煀煮 煸煺 熙熦 熦蒸 熵黙 黙龦 龦龽 燷鿪 爎爕 爕爋 爳噕 \
    爾丬 牿犁 猡猪 猪猫 猹獁 獊獄 獕獋 玉王 玱鿱 珲琉 琓珷 琼琞 璌璎 璎璓 璤璢 町甼 畩異 畺畱 疯疺 瘘瘟 \
    瘟瘧 瘿癊 癡癣 皈畠 皵龾 盘盛 眬眿 眾睁 睑鿃 睭睡 矙矖 码泵 硁鿬 硛鿎 碜碰 碰硾 碹磁 磙磜 磜磤 祎视 \
    视鿆 祯祦 祸禄 禄視 禯鿅 禽萬 秾稆 税鿟 稳穊 穒穉 穯鿠 穰穳 竰竮 笾笄 简節 篓築 篯簑 簑簕 籏籕 籕籖 \
    籨籪 籶娄 粑畨 粝粣 粵糀 糘鿯 糢糨 糰糲 絷絛 綛緐 緕緓 繍繈 繥繧 繧繱 繱繋 纫纶 缺缼 置署 羉鿡 羙羕 \
    翶翼 联聠 聣鿢 聫鿣 聳聮 職鿤 胁朑 胬脉 腚幐 幐朡 膣朥 臘臖 興舆 艱鿥 艺龷 苏茾 茾芿 茕茒 药鿒 鿒茝 \
    茝茣 莽鿊 鿊荓 萨著 著龿 龿莭 蒏鿓 蓤蓦 薬薮 薮龩 龩薩 藓蘤 藵藮 蘔蘢 蘢蘒 蘷鿀 鿀鿦 鿦蘱 虏彪 蚪蚬 \
    蛏蚈 蛴蛖 蜗蜫 蜫蝆 螀蟡 蟡蝹 螩蟗 蟒蠁 蟵蠎 蠤蠴 袮袰 褄裦 褲褴 襅襔 襕鿋 襴襽 覌覙 觞觜 觴鵤 誊誠 \
    誠鿁 諚諩 譜龻 龻譍 豋鿲 豵豷 赵龪 跞践 践趼 踯踺 踺踫 蹧蹮 蹮躀 躪躨 軽龫 龫軭 轌鿂 辽巡 迟迬 遱遳 \
    遼邆 邅邉 郑郓 酀酂 鉴銏 銏龯 鋶鉼 鍆鍈 鍈龬 龬錨 鎿龲 龲鎩 鏲鏹 鐨鏴 鑔鑧 铎鿭 锕鿏 镕鿔 闂閷 险陚 \
    隵鿧 靎鿨 韟韛 音竟 竟章 頓頙 頬頤 頤頥 顊頾 飔飖 飿飺 餙餝 餵餷 馋馉 騃駳 驇龭 驧龮 髻鬇 鬘鬝 鮘鮣 \
    鮴鮺 鯓鯽 鯵鯻 鰛鰠 鰰鿐 鱈鷠 鷠鿳 鱫鱨 鱹鿩 鲃鿕 鲐鿴 鲬鿵 鿵鿶 鳋鿷 鿷鲾 鳛鿸 鿸鿹 鴎鴊 鶏鶑 鷏鷋 \
    鷼鷹 鹈鿺 鹜鹘 麷麦 黒墨 鼊黾 鼬鿻 鿻鿼";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_unique() {
        let mut ranks = RANKS.clone();
        ranks.sort_unstable();
        assert!(ranks.iter().copied().eq(0..CHARACTERS as u16));
    }

    #[test]
    fn characters_outside_of_the_block_are_unchanged() {
        for character in ['a', '한', '\u{fa0e}', '\u{20000}'] {
            assert_eq!(to_rank(character), character);
        }
    }
}
