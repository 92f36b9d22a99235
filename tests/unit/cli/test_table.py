from penstock.cli.show.table import Cell, clean, columns


def plain(lines: object) -> list[str]:
    return [line.plain for line in lines]  # type: ignore[attr-defined]


def test_columns_line_up_also_with_wide_characters() -> None:
    rows = [[Cell("训练"), Cell("x")], [Cell("abcde"), Cell("y")]]
    assert plain(columns(["A", "B"], rows)) == ["A       B", "训练    x", "abcde   y"]


def test_empty_columns_go_where_asked() -> None:
    rows = [[Cell("a"), Cell(""), Cell("c")]]
    assert plain(columns(["A", "B", "C"], rows, drop_empty=True)) == ["A   C", "a   c"]
    assert plain(columns(["A", "B", "C"], rows)) == ["A   B   C", "a       c"]


def test_the_last_column_is_clipped_to_the_terminal() -> None:
    assert plain(columns(["A", "B"], [[Cell("a"), Cell("long words")]], width=10))[1] == "a   long …"


def test_nothing_that_a_container_wrote_moves_the_cursor() -> None:
    assert clean("\x1b[2Jred\nnext\tline\x07\u202e") == "[2Jred next line"
