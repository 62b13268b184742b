using System.Globalization;
using Fulgurite.IO.Storage;
using Fulgurite.State;

namespace Fulgurite.IO.Torch;

/// <summary>Lays out a state as the file that <c>torch.save</c> writes.</summary>
internal static class TorchWriter
{
    public const string Root = "archive";

    public static FileContent Write(TrainingState state)
    {
        var layout = StorageLayout.Of(state);
        var zip = new ZipContent();
        zip.Add($"{Root}/data.pkl", TorchPickler.Write(state.Root, layout));
        zip.Add($"{Root}/byteorder", "little"u8.ToArray());
        for (var number = 0; number < layout.Pieces.Count; number++)
        {
            var piece = layout.Pieces[number];
            zip.AddMemory($"{Root}/data/{number.ToString(CultureInfo.InvariantCulture)}", piece);
        }

        zip.Add($"{Root}/version", "3\n"u8.ToArray());
        return zip.End();
    }
}
