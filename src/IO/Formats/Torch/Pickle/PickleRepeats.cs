using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.IO;

/// <summary>
/// The pickles of recent calls. The tensors of a state repeat the same instructions with another storage number, and comparing bytes takes
/// a tenth of the time of running them.
/// </summary>
/// <remarks>
/// Only instructions without effects on other objects or on the memo are accepted, so running them again would give an equal result as
/// long as no value of the memo was replaced.
/// </remarks>
internal sealed class PickleRepeats
{
    private const int LongestCall = 256;

    /// <summary>The number of digits below which every number fits into 64 bits.</summary>
    private const int MostDigits = 18;

    private readonly Call?[] _recent = new Call?[4];
    private int _oldest;
    private int _last;

    /// <summary>Remembers a call if it can be recognized by its bytes.</summary>
    /// <param name="pickle">The instructions after the mark of its arguments, up to the call.</param>
    /// <param name="callable">The callable, below that mark.</param>
    /// <param name="made">The result.</param>
    /// <param name="replacements">The number of values of the memo that were replaced.</param>
    public void Remember(ReadOnlySpan<byte> pickle, PickleGlobal callable, PickleMade made, int replacements)
    {
        if (pickle.Length is 0 or > LongestCall || FindNumber(pickle) is not (> 0 and var start))
        {
            return;
        }

        var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(pickle[start..]);
        var end = start + sizeof(uint) + length;
        _last = _oldest;
        _recent[_oldest] = new Call(pickle[..start].ToArray(), pickle[end..].ToArray(), callable, made, replacements);
        _oldest = (_oldest + 1) % _recent.Length;
    }

    /// <summary>Finds the recent call to which a pickle is equal except for a number.</summary>
    /// <param name="pickle">The instructions after a mark.</param>
    /// <param name="callable">The item below that mark; null if it is not a callable.</param>
    /// <param name="replacements">The number of values of the memo that were replaced.</param>
    /// <param name="made">The result of the recent call.</param>
    /// <param name="number">The number.</param>
    /// <param name="length">The length of the instructions in bytes.</param>
    public bool TryFind(
        ReadOnlySpan<byte> pickle, PickleGlobal? callable, int replacements, [NotNullWhen(true)] out PickleMade? made, out long number,
        out int length)
    {
        for (var turn = 0; callable is not null && turn < _recent.Length; turn++)
        {
            var index = (_last + turn) % _recent.Length;
            if (_recent[index] is { } call && ReferenceEquals(call.Callable, callable) && call.Replacements == replacements
                && pickle.StartsWith(call.Head) && TryReadNumber(pickle[call.Head.Length..], out number, out var read)
                && pickle[(call.Head.Length + read)..].StartsWith(call.Tail))
            {
                _last = index;
                made = call.Made;
                length = call.Head.Length + read + call.Tail.Length;
                return true;
            }
        }

        (made, number, length) = (null, 0, 0);
        return false;
    }

    /// <summary>Reads the length and the digits of a number that is written as a text, as its text would be.</summary>
    private static bool TryReadNumber(ReadOnlySpan<byte> text, out long number, out int length)
    {
        number = 0;
        length = 0;
        if (text.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(text) is not (> 0 and <= MostDigits and var count)
            || text.Length < sizeof(uint) + count || (text[sizeof(uint)] == (byte)'0' && count > 1))
        {
            return false;
        }

        length = sizeof(uint) + (int)count;
        foreach (var digit in text[sizeof(uint)..length])
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            number = (10 * number) + (digit - '0');
        }

        return true;
    }

    /// <summary>
    /// Returns the place of the number if it is the third item of a tuple that the arguments start with, after two items of the memo, and
    /// all instructions are without side effects; otherwise, -1.
    /// </summary>
    private static int FindNumber(ReadOnlySpan<byte> pickle)
    {
        var found = -1;
        var (items, isInMemo) = (0, true);
        for (var index = 0; index < pickle.Length; items++)
        {
            var opcode = (PickleOpcode)pickle[index++];
            if (opcode == PickleOpcode.BinaryUnicode && items == 3 && isInMemo && (PickleOpcode)pickle[0] == PickleOpcode.Mark
                && TryReadNumber(pickle[index..], out _, out var length))
            {
                found = index;
                index += length;
                continue;
            }

            isInMemo &= items == 0 || opcode is PickleOpcode.BinaryGet or PickleOpcode.LongBinaryGet;
            switch (opcode)
            {
                case PickleOpcode.Mark:
                case PickleOpcode.None:
                case PickleOpcode.True:
                case PickleOpcode.False:
                case PickleOpcode.EmptyTuple:
                case PickleOpcode.Tuple:
                case PickleOpcode.Tuple1:
                case PickleOpcode.Tuple2:
                case PickleOpcode.Tuple3:
                case PickleOpcode.Reduce:
                case PickleOpcode.BinaryPersistentId:
                    break;
                case PickleOpcode.BinaryGet:
                case PickleOpcode.BinaryByte:
                    index += 1;
                    break;
                case PickleOpcode.BinaryUInt16:
                    index += sizeof(ushort);
                    break;
                case PickleOpcode.BinaryInteger:
                case PickleOpcode.LongBinaryGet:
                    index += sizeof(int);
                    break;
                default:
                    return -1;
            }
        }

        return found;
    }

    private sealed record Call(byte[] Head, byte[] Tail, PickleGlobal Callable, PickleMade Made, int Replacements);
}
