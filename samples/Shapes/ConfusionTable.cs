using System.Text;
using static TorchSharp.torch;

namespace Shapes;

/// <summary>A confusion matrix.</summary>
internal sealed class ConfusionTable
{
    private static readonly string[] Names = Enum.GetNames<ShapeKind>();
    private readonly int[,] _counts = new int[Names.Length, Names.Length];

    public void Add(Tensor predicted, Tensor actual)
    {
        foreach (var (guess, truth) in predicted.data<long>().Zip(actual.data<long>()))
        {
            _counts[truth, guess]++;
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder("is \\ taken for".PadRight(16)).AppendJoin(string.Empty, Names.Select(name => name.PadLeft(10)));
        for (var truth = 0; truth < Names.Length; truth++)
        {
            text.AppendLine().Append(Names[truth].PadRight(16));
            for (var guess = 0; guess < Names.Length; guess++)
            {
                text.Append($"{_counts[truth, guess],10}");
            }
        }

        return text.ToString();
    }
}
