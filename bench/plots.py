"""Plots of bench/page, as SVG. Widths are percentages and each label has a line of its own above what it names: so text
keeps its size and nothing overlaps, on a telephone either. A figure is (median, least, most); the page's style sheet
gives the colours."""

import html
import math

ROW, NAME, BAR = 46, 14, 12  # pixels: of a row, down to its name's baseline, of a bar
LANE = 16  # of one of several figures in a row


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def text(x, y, words, anchor="", kind=""):
    """`anchor`: where x is of the words; nothing: at their start."""
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}%" y="{y:g}"{anchor}{kind}>{html.escape(words)}</text>\n'


def line(x1, y1, x2, y2, kind):
    return f'<line class="{kind}" x1="{x1:.1f}%" y1="{y1:g}" x2="{x2:.1f}%" y2="{y2:g}"/>\n'


def whisker(least, most, y):
    return line(least, y, most, y, "range") + "".join(line(x, y - 4, x, y + 4, "range") for x in (least, most))


def mark(x, bottom, value):
    """A line from top to bottom, and below it what it stands for."""
    anchor = "" if x < 4 else "end" if x > 96 else "middle"
    return line(x, 0, x, bottom, "grid") + text(x, bottom + 16, number(value), anchor, "mark")


def picture(label, height, inside):
    return f'<svg role="img" aria-label="{html.escape(label)}" width="100%" height="{height}">\n{inside}</svg>\n'


def spoken(title, rows):
    return f"{title}: " + "; ".join(f"{name} {', '.join(cells)}" for name, cells, *_ in rows)


def steps(most):
    """Round numbers from 0 to `most`, four or so."""
    power = 10 ** math.floor(math.log10(most / 4))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= most / 4)
    return [step * i for i in range(int(most / step) + 1)]


def bars(title, rows, ours, reference):
    """`rows`: (name, the figure's words, the figure, its words over nginx's). A bar is the median, the whisker reaches
    from the least to the most. The dashed line is the median of `reference`."""
    most = max(figure[2] for _, _, figure, _ in rows) * 1.02 or 1
    bottom = ROW * len(rows)
    of_reference = [100 * figure[0] / most for name, _, figure, _ in rows if name == reference]
    svg = "".join(line(x, 0, x, bottom, "reference") for x in of_reference)
    svg += "".join(mark(100 * value / most, bottom, value) for value in steps(most))
    for i, (name, cells, (median, least, high), ratio) in enumerate(rows):
        top = ROW * i
        svg += text(0, top + NAME, name, kind="ours" if name == ours else "")
        svg += text(100, top + NAME, cells[0] + (f" · {ratio}×" if ratio else ""), "end")
        kind = "bar ours" if name == ours else "bar"
        svg += f'<rect class="{kind}" x="0" y="{top + 22}" width="{100 * median / most:.1f}%" height="{BAR}" rx="2"/>\n'
        svg += whisker(100 * least / most, 100 * high / most, top + 22 + BAR / 2)
    return picture(spoken(title, rows), bottom + 22, svg)


def dots(title, rows, kinds, ours):
    """`rows`: (name, words, figures), a figure for each of `kinds`, on a logarithmic axis: a dot is the median, the line
    reaches from the least to the most."""
    figures = [figure for _, _, of_row in rows for figure in of_row]
    low = math.floor(math.log10(min(least for _, least, _ in figures)))
    high = max(math.ceil(math.log10(max(most for _, _, most in figures))), low + 1)
    height = 24 + LANE * len(kinds) + 6
    bottom = height * len(rows)

    def at(value):
        return 100 * (math.log10(value) - low) / (high - low)

    svg = "".join(mark(at(10**decade), bottom, 10**decade) for decade in range(low, high + 1))
    for i, (name, cells, of_row) in enumerate(rows):
        top = height * i
        svg += text(0, top + NAME, name, kind="ours" if name == ours else "")
        svg += text(100, top + NAME, " · ".join(cell.split(" ")[0] for cell in cells), "end")
        for k, (median, least, most) in enumerate(of_row):
            y = top + 30 + LANE * k
            svg += line(at(least), y, at(most), y, f"range s{k}")
            svg += f'<circle class="dot s{k}" cx="{at(median):.1f}%" cy="{y}" r="4.5"/>\n'
    return picture(spoken(f"{title}: {', '.join(kinds)}", rows), bottom + 22, svg)
