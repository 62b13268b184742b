using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Compares states: the tree, the bits of every tensor, and which tensors share memory.</summary>
public static class StateAssert
{
    /// <summary>Fails, naming the first place, unless two states are the same.</summary>
    /// <param name="expected">What it should be.</param>
    /// <param name="actual">What it is.</param>
    public static void AreSame(TrainingState expected, TrainingState actual)
    {
        HaveSameValues(expected, actual);
        Assert.AreSequenceEqual(SharingOf(expected), SharingOf(actual), "Other tensors share memory than before.");
    }

    /// <summary>Fails, naming the first place, unless two states hold the same values, whatever shares memory.</summary>
    /// <param name="expected">What it should be.</param>
    /// <param name="actual">What it is.</param>
    public static void HaveSameValues(TrainingState expected, TrainingState actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        AreSame(expected.Root, actual.Root, "state");
    }

    /// <summary>The numbers of the pieces of memory that the tensors lie in, in order: equal numbers share memory.</summary>
    /// <param name="state">The state.</param>
    public static IEnumerable<int> SharingOf(TrainingState state)
    {
        var layout = StorageLayout.Of(state);
        return [.. state.Tensors().Select(tensor => layout[tensor.Value].Piece)];
    }

    private static void AreSame(StateValue expected, StateValue actual, string path)
    {
        Assert.AreEqual(expected.GetType(), actual.GetType(), $"{path} is of another kind.");
        switch (expected, actual)
        {
            case (StateMap a, StateMap b):
                Assert.AreSequenceEqual(a.Keys, b.Keys, $"{path} has other keys.");
                foreach (var (key, value) in a)
                {
                    AreSame(value, b[key], $"{path}.{key}");
                }

                break;
            case (StateList a, StateList b):
                Assert.HasCount(a.Count, b, $"{path} has another length.");
                Assert.AreEqual(a.IsTuple, b.IsTuple, $"{path} is a tuple in one only.");
                for (var index = 0; index < a.Count; index++)
                {
                    AreSame(a[index], b[index], $"{path}.{index}");
                }

                break;
            case (StateObject a, StateObject b):
                Assert.AreEqual(a.ClassName, b.ClassName, StringComparer.Ordinal, $"{path} is of another class.");
                AreSame(a.Arguments, b.Arguments, $"{path}.arguments");
                Assert.AreEqual(a.Form, b.Form, $"{path} was made in another way.");
                AreSame(a.State, b.State, $"{path}.state");
                AreSame(a.Items, b.Items, $"{path}.items");
                break;
            case (TensorData a, TensorData b):
                AreSameTensor(a, b, path);
                break;
            default:
                Assert.AreEqual(expected, actual, $"{path} differs.");
                break;
        }
    }

    private static void AreSameTensor(TensorData expected, TensorData actual, string path)
    {
        Assert.AreEqual(expected.Type, actual.Type, $"{path} has another element type.");
        Assert.AreSequenceEqual(expected.Shape.ToArray(), actual.Shape.ToArray(), $"{path} has another shape.");
        var left = new byte[expected.ByteLength];
        var right = new byte[actual.ByteLength];
        expected.CopyTo(left);
        actual.CopyTo(right);
        Assert.IsTrue(left.AsSpan().SequenceEqual(right), $"{path} has other elements.");
    }
}
