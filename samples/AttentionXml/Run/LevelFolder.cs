using System.Text;
using AttentionXml.Data;
using Fulgurite.IO;

namespace AttentionXml.Run;

/// <summary>
/// The checkpoints of one level of a label tree: the folder <c>level-N</c>, and the file <c>level-N.done</c>, which names the best
/// checkpoint once the level is trained. A flat model uses the output folder itself and has no such file.
/// </summary>
/// <param name="output">The output folder.</param>
/// <param name="level">The index of the level; null for a flat model.</param>
/// <param name="fingerprint">A text that is equal for equal data and label trees.</param>
internal sealed class LevelFolder(string output, int? level, string fingerprint)
{
    public string Path { get; } = level is { } index ? System.IO.Path.Combine(output, $"level-{index}") : output;

    private string Marker => Path + ".done";

    /// <summary>Returns the best checkpoint of a trained level; null if the level is not trained.</summary>
    /// <exception cref="InputException">The checkpoint is missing, or was made with other data or another label tree.</exception>
    public string? FindResult()
    {
        // A marker without its second line was cut off by a power failure: the level resumes from its last checkpoint.
        if (level is null || !File.Exists(Marker) || File.ReadAllText(Marker).Split('\n') is not [var name, var made, ""])
        {
            return null;
        }

        if (made != fingerprint)
        {
            throw new InputException(
                $"{Path} was trained with other data or another label tree. Go on with the data and options it was made with, "
                + "especially --levels, --cluster-size and --seed.");
        }

        var path = System.IO.Path.Combine(Path, name);
        return File.Exists(path)
            ? path
            : throw new InputException(
                $"{Marker} names the checkpoint {path}, which is missing. Delete {Marker} to train the level again.");
    }

    /// <summary>Marks the level as trained, durably.</summary>
    /// <param name="checkpoint">Its best checkpoint.</param>
    public void Complete(string checkpoint)
    {
        if (level is null)
        {
            return;
        }

        var text = $"{System.IO.Path.GetRelativePath(Path, checkpoint)}\n{fingerprint}\n";
        new LocalStorage().Write(Marker, file => file.Write(Encoding.UTF8.GetBytes(text)), CancellationToken.None);
    }
}
