using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Lays out a state as a safetensors file.</summary>
internal static class SafetensorsWriter
{
    public static FileContent Write(TrainingState state)
    {
        var layout = new SafetensorsLayout(state);
        var header = new SafetensorsHeader(state, layout);
        if (header.Length > SafetensorsHeaderReader.MaxLength)
        {
            throw new NotSupportedException($"The header would have {header.Length} bytes, and readers accept {SafetensorsHeaderReader.MaxLength} at most. Keep large texts and bytes out of the state, or save it as a torch file.");
        }

        var content = new FileContent(layout.Entries.Count + 1);
        header.Content = content;
        content.AddLate(header.Length, header, 0);
        foreach (var entry in layout.Entries)
        {
            header.Add(content.AddMemory(entry.Address, entry.ByteLength, entry.Owner, entry.Checksum));
        }

        return content;
    }
}
