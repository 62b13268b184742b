using System.Globalization;
using System.Text;

namespace Fulgurite.Tests.Callbacks.Progress;

/// <summary>A terminal that knows as much as a progress view needs: lines, columns, going up, and erasing what follows.</summary>
internal sealed class SmallScreen(int width)
{
    private readonly List<StringBuilder> _rows = [new()];
    private int _row;
    private int _column;

    /// <summary>How often something was written beyond the last column.</summary>
    public int Wrapped { get; private set; }

    public IEnumerable<string> Rows => _rows.Select(row => row.ToString().TrimEnd());

    public void Write(string text)
    {
        for (var index = 0; index < text.Length; index++)
        {
            switch (text[index])
            {
                case '\n':
                    (_row, _column) = (_row + 1, 0);
                    if (_row == _rows.Count)
                    {
                        _rows.Add(new StringBuilder());
                    }

                    break;
                case '\r':
                    _column = 0;
                    break;
                case '\u001b':
                    index = Escape(text, index + 2);
                    break;
                default:
                    Put(text[index]);
                    break;
            }
        }
    }

    private int Escape(string text, int start)
    {
        var end = start;
        while (char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        switch (text[end])
        {
            case 'A':
                _row -= int.Parse(text.AsSpan(start, end - start), CultureInfo.InvariantCulture);
                break;
            case 'J':
                _rows[_row].Length = Math.Min(_rows[_row].Length, _column);
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                break;
            case 'm':
                break;
            default:
                throw new NotSupportedException($"There is no escape sequence '{text[start..(end + 1)]}' here.");
        }

        return end;
    }

    private void Put(char character)
    {
        Wrapped += _column >= width ? 1 : 0;
        while (_rows[_row].Length <= _column)
        {
            _rows[_row].Append(' ');
        }

        _rows[_row][_column++] = character;
    }
}
