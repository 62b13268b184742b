#!/usr/bin/env python3
"""Runs a command in a terminal and records what it shows as an animated SVG, or the screen of one second. Needs tmux.

usage: eng/record-terminal.py OUTPUT.svg [--columns 100] [--rows 20] [--interval 0.25] [--at SECOND [--showing TEXT]] -- COMMAND...
"""
import argparse
import html
import re
import shlex
import subprocess
import time

COLORS = {31: "#f08080", 32: "#7ec699", 33: "#e0c46c", 34: "#7aa8f5", 35: "#c39af0", 36: "#67c7d4"}
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
LINE, CHARACTER, MARGIN = 19, 8.43, 16


def tmux(*arguments):
    return subprocess.run(["tmux", "-L", "fulgurite-record", *arguments], capture_output=True, text=True, check=False)


def record(command, columns, rows, interval):
    """The screens of the command with the second at which each was first seen."""
    tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), f"{shlex.join(command)}; tmux -L fulgurite-record wait-for -S done; sleep 30")
    done = subprocess.Popen(["tmux", "-L", "fulgurite-record", "wait-for", "done"])
    frames, start = [], time.monotonic()
    while True:
        ended = done.poll() is not None
        if ended:
            time.sleep(interval)
        screen = tmux("capture-pane", "-e", "-p").stdout.rstrip("\n")
        if not frames or frames[-1][1] != screen:
            frames.append((time.monotonic() - start, screen))
        if ended:
            tmux("kill-server")
            return frames
        time.sleep(interval)


def spans(line):
    """The pieces of a line with their styles."""
    bold, dim, color, at = False, False, None, 0
    for match in [*ESCAPE.finditer(line), None]:
        text = line[at : match.start() if match else len(line)]
        if text:
            style = ("font-weight:700;" if bold else "") + ("opacity:.65;" if dim else "") + (f"fill:{color};" if color else "")
            yield text, style
        if match:
            at = match.end()
            for code in [int(part or 0) for part in match.group(1).split(";")]:
                if code == 0:
                    bold, dim, color = False, False, None
                elif code == 1:
                    bold = True
                elif code == 2:
                    dim = True
                elif code == 39:
                    color = None
                elif code in COLORS:
                    color = COLORS[code]


def draw(screen):
    rows = []
    for number, line in enumerate(screen.split("\n")):
        pieces, column = [], 0
        for text, style in spans(line):
            if text.strip():
                attribute = f' style="{style}"' if style else ""
                pieces.append(f'<tspan x="{MARGIN + column * CHARACTER:.1f}" textLength="{len(text) * CHARACTER:.1f}"{attribute}>{html.escape(text)}</tspan>')
            column += len(text)
        if pieces:
            rows.append(f'<text y="{MARGIN + 28 + (number + 1) * LINE}">{"".join(pieces)}</text>')
    return "".join(rows)


def svg(frames, columns, rows):
    width, height = MARGIN * 2 + columns * CHARACTER, MARGIN * 2 + 28 + rows * LINE
    total = frames[-1][0] + 4  # The end stays for a while.
    rules, groups = [], []
    for index, (start, screen) in enumerate(frames):
        end = frames[index + 1][0] if index + 1 < len(frames) else total
        first, last = 100 * start / total, 100 * end / total
        if index == 0:
            first = 0
        before = f"0%,{first:.3f}%{{visibility:hidden}}" if index else ""
        after = f"{last:.3f}%,100%{{visibility:hidden}}" if index + 1 < len(frames) else "100%{visibility:visible}"
        rules.append(f"@keyframes f{index}{{{before}{first + 0.001:.3f}%{{visibility:visible}}{after}}}")
        # Where there are no animations the last screen is what stands there.
        hidden = "" if index + 1 == len(frames) else "visibility:hidden;"
        groups.append(f'<g style="{hidden}animation:f{index} {total:.2f}s step-end infinite">{draw(screen)}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="14" xml:space="preserve">'
        f'<style>{"".join(rules)} text{{fill:#d7dde8;white-space:pre}}</style>'
        f'<rect width="100%" height="100%" rx="10" fill="#161b24"/>'
        + "".join(f'<circle cx="{22 + 18 * dot}" cy="20" r="6" fill="{color}"/>' for dot, color in enumerate(["#e06c6c", "#e0c46c", "#7ec699"]))
        + "".join(groups)
        + "</svg>\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--interval", type=float, default=0.25)
    parser.add_argument("--at", type=float, help="only the screen of this second")
    parser.add_argument("--showing", default="", help="with --at: the last screen until then that shows this text")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    frames = record(options.command, options.columns, options.rows, options.interval)
    if options.at is not None:
        frames = [[frame for frame in frames if frame[0] <= options.at and options.showing in frame[1]][-1]]
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(svg(frames, options.columns, options.rows))
    print(f"{options.output}: {len(frames)} screens in {frames[-1][0]:.1f} s")


if __name__ == "__main__":
    main()
