using System.Globalization;
using System.Numerics;
using System.Text;

namespace Fulgurite.IO;

/// <summary>The pickle opcodes that push a plain value: numbers, strings, bytes.</summary>
internal sealed class PickleScalars(PickleInput input, PickleStack stack, PickleBudget budget)
{
    private const int BoxedCount = 1024;

    private static readonly object True = true;
    private static readonly object False = false;

    /// <summary>Boxed small integers, which are frequent in pickles of tensors.</summary>
    private static readonly object[] Boxed = [.. Enumerable.Range(0, BoxedCount).Select(value => (object)(long)value)];

    private object? _last;

    /// <summary>Runs an opcode that pushes a plain value.</summary>
    /// <returns>false for any other opcode.</returns>
    public bool Run(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None:
                stack.Push(null);
                return true;
            case PickleOpcode.True:
                stack.Push(True);
                return true;
            case PickleOpcode.False:
                stack.Push(False);
                return true;
            case PickleOpcode.BinaryInteger:
                PushNumber(Box(input.ReadInt32()));
                return true;
            case PickleOpcode.BinaryByte:
                PushNumber(Box(input.ReadByte()));
                return true;
            case PickleOpcode.BinaryUInt16:
                PushNumber(Box(input.ReadUInt16()));
                return true;
            case PickleOpcode.Long1:
                PushLong(input.ReadByte());
                return true;
            case PickleOpcode.Long4:
                PushLong(input.ReadInt32());
                return true;
            case PickleOpcode.Integer:
            case PickleOpcode.Long:
                PushDecimal(Encoding.ASCII.GetString(input.ReadLine()));
                return true;
            case PickleOpcode.BinaryFloat:
                PushNumber(input.ReadReal());
                return true;
            case PickleOpcode.Float:
                PushReal(Encoding.ASCII.GetString(input.ReadLine()));
                return true;
            case PickleOpcode.BinaryUnicode:
                PushText(input.ReadUInt32());
                return true;
            case PickleOpcode.ShortBinaryUnicode:
                PushText(input.ReadByte());
                return true;
            case PickleOpcode.BinaryUnicode8:
                PushText(input.ReadCount64());
                return true;
            case PickleOpcode.ShortBinaryString:
                PushOldText(input.ReadByte());
                return true;
            case PickleOpcode.BinaryString:
                PushOldText(input.ReadInt32());
                return true;
            case PickleOpcode.BinaryBytes:
                PushBytes(input.ReadUInt32());
                return true;
            case PickleOpcode.ShortBinaryBytes:
                PushBytes(input.ReadByte());
                return true;
            case PickleOpcode.BinaryBytes8:
            case PickleOpcode.ByteArray8:
                PushBytes(input.ReadCount64());
                return true;
            default:
                return false;
        }
    }

    private void PushText(long length)
    {
        budget.Charge((2 * length) + PickleBudget.Text);
        stack.Push(PickleText.TryDecode(input.Read(length)) ?? throw stack.Broken("has a string that is not valid UTF-8"));
    }

    /// <summary>Pushes a Python 2 string, also used by old files: a string if it is valid UTF-8, bytes otherwise.</summary>
    private void PushOldText(long length)
    {
        budget.Charge((2 * length) + PickleBudget.Text);
        var bytes = input.Read(length);
        stack.Push(PickleText.TryDecode(bytes) ?? (object)bytes.ToArray());
    }

    private void PushBytes(long length)
    {
        budget.Charge(length + PickleBudget.Text);
        stack.Push(input.Read(length).ToArray());
    }

    private void PushLong(int length)
    {
        budget.Charge(length);
        var bytes = input.Read(length);
        if (bytes.Length <= sizeof(long))
        {
            PushNumber((long)new BigInteger(bytes));
            return;
        }

        if (bytes.Length > PickleLimits.MaxIntegerBytes)
        {
            throw stack.Broken($"has an integer of {bytes.Length} bytes");
        }

        PushInteger(new BigInteger(bytes));
    }

    private void PushDecimal(string line)
    {
        // Protocol 0 writes booleans as integers with a leading zero.
        if (line is "00" or "01")
        {
            stack.Push(line == "01");
            return;
        }

        if (!BigInteger.TryParse(line.TrimEnd('L'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            || line.Length > PickleLimits.MaxIntegerBytes)
        {
            throw stack.Broken("has an invalid integer");
        }

        PushInteger(value);
    }

    private void PushInteger(BigInteger value) =>
        PushNumber(value >= long.MinValue && value <= long.MaxValue ? (long)value : (object)value);

    private void PushReal(string line) =>
        PushNumber(
            double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw stack.Broken("has an invalid number"));

    private void PushNumber(object number)
    {
        budget.Charge(PickleBudget.Number);
        stack.Push(number);
    }

    private object Box(long value)
    {
        if (value is >= 0 and < BoxedCount)
        {
            return Boxed[value];
        }

        // The size of a tensor usually equals that of the previous one.
        return _last is long last && last == value ? _last : _last = value;
    }
}

/// <summary>Reads pickled bytes: stored as bytes or, in protocols before 3, as a string to be encoded in Latin-1.</summary>
internal static class PickledBytes
{
    /// <summary>Returns the bytes; null for any other value.</summary>
    public static byte[]? TryGet(object? value) => value switch
    {
        byte[] bytes => bytes,
        PickleObject { Callable.Name: "_codecs.encode", Arguments.Items: [string text, string encoding] } when IsLatin(encoding) =>
            Encode(text),
        PickleObject { Callable.Name: "builtins.bytes" or "__builtin__.bytes" or "builtins.bytearray" or "__builtin__.bytearray" } made =>
            made.Arguments.Items switch
            {
                [] => [],
                [string text, string encoding] when IsLatin(encoding) => Encode(text),
                [var inner] when inner is not PickleObject { Callable.Name: not "_codecs.encode" } => TryGet(inner),
                _ => null,
            },
        _ => null,
    };

    private static bool IsLatin(string encoding) => encoding is "latin1" or "latin-1" or "iso-8859-1";

    private static byte[]? Encode(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? null : Encoding.Latin1.GetBytes(text);
}
