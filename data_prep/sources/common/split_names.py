"""What people call the splits of a data set: folders, values of a column."""

import re
import unicodedata

from transfusion_tf import names

# In the languages in which public data sets are found. What may be either of
# two (eval, evaluation) is none of them, so that it is asked for.
_WORDS = {
    "train": (
        "train training trn trainval learn learning "
        "entrainement apprentissage entrenamiento treino treinamento "
        "addestramento обучение 训练 訓練 学習 훈련 학습"
    ),
    "val": (
        "val valid validation vali vld dev devel development tune tuning "
        "validacion validacao validazione validierung валидация "
        "验证 驗證 検証 검증"
    ),
    "test": (
        "test testing tst holdout prueba pruebas teste prova тест "
        "测试 測試 テスト 테스트 시험"
    ),
}
_SPLIT_OF = {
    word: split for split, words in _WORDS.items() for word in words.split()
}
# What stands beside such a word and changes nothing.
_AROUND = frozenset(
    "set sets data dataset images image imgs img pictures photos files folder "
    "split samples scans cases".split()
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_SUFFIXES = re.compile("(?<=.)(?:数据|数據|データ|데이터)?(?:集|セット|셋)?$")


def split_of(text):
    """Returns train, val or test for a usual name of it, else None.

    Case, accents, a number or letter before it (`a. Training Set`), digits
    after it (`train2017`) and words like set or images do not matter.
    """
    words = _words(text)
    if len(words) > 1 and re.fullmatch(r"[a-z]|\d+", words[0]):
        del words[0]  # It only orders.
    splits = [_SPLIT_OF.get(word) for word in words if word not in _AROUND]
    return splits[0] if len(set(splits)) == 1 else None


def _words(text):
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    plain = unicodedata.normalize("NFC", plain)
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower()  # TrainingSet
    plain = re.sub(r"(?:hold|held)[\W_]*out", "holdout", plain)
    words = [_SUFFIXES.sub("", word) for word in re.split(r"[\W_]+", plain)]
    return [re.sub(r"(?<=\D)\d+$", "", word) for word in words if word]


def given(entries):
    """Returns {folder: split} of the flag --split_folders; {} for none.

    Raises ValueError unless `entries` are FOLDER:SPLIT, or the one word none.
    """
    if list(entries) == ["none"]:
        return {}
    pairs = [entry.rpartition(":") for entry in entries]
    if not all(folder and split in names.SPLITS for folder, _, split in pairs):
        raise ValueError(
            "--split_folders is FOLDER:SPLIT,FOLDER:SPLIT with the splits "
            f"{', '.join(names.SPLITS)}, or none where folders are classes. "
            f"Received: {','.join(entries)}."
        )
    return {folder: split for folder, _, split in pairs}
