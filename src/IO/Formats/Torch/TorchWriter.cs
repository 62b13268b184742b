using System.Globalization;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Lays out a state as a <c>torch.save</c> file.</summary>
internal static class TorchWriter
{
    private const int OtherEntries = 3;
    private const int LongestNumber = 20;

    private static ReadOnlySpan<byte> DataPrefix => "archive/data/"u8;

    public static FileContent Write(TrainingState state)
    {
        var layout = StorageLayout.Of(state);
        var zip = new ZipContent(layout.Pieces.Count + OtherEntries);
        zip.Add("archive/data.pkl"u8, TorchPickler.Write(state.Root, layout));
        zip.Add("archive/byteorder"u8, "little"u8.ToArray());
        Span<byte> name = stackalloc byte[DataPrefix.Length + LongestNumber];
        DataPrefix.CopyTo(name);
        for (var number = 0; number < layout.Pieces.Count; number++)
        {
            var piece = layout.Pieces[number];
            number.TryFormat(name[DataPrefix.Length..], out var digits, default, CultureInfo.InvariantCulture);
            zip.AddMemory(name[..(DataPrefix.Length + digits)], piece);
        }

        zip.Add("archive/version"u8, "3\n"u8.ToArray());
        return zip.End();
    }
}
