using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Compares states: the tree, the bits of all tensors, and memory sharing.</summary>
public static class StateAssert
{
    /// <summary>Fails unless two states are identical; the message names the first difference.</summary>
    /// <param name="expected">The expected state.</param>
    /// <param name="actual">The actual state.</param>
    public static void AreSame(TrainingState expected, TrainingState actual)
    {
        HaveSameValues(expected, actual);
        Assert.AreSequenceEqual(SharingOf(expected), SharingOf(actual), "Memory sharing between tensors differs.");
    }

    /// <summary>
    /// Fails unless two states have the same values, regardless of memory sharing; the message names the first difference.
    /// </summary>
    /// <param name="expected">The expected state.</param>
    /// <param name="actual">The actual state.</param>
    public static void HaveSameValues(TrainingState expected, TrainingState actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        AreSame(expected.Root, actual.Root, "state");
    }

    /// <summary>Returns the memory piece number of each tensor in order; tensors with equal numbers share memory.</summary>
    /// <param name="state">The state.</param>
    public static IEnumerable<int> SharingOf(TrainingState state)
    {
        var layout = StorageLayout.Of(state);
        return [.. state.Tensors().Select(tensor => layout[tensor.Value].Piece)];
    }

    private static void AreSame(StateValue expected, StateValue actual, string path)
    {
        Assert.AreEqual(expected.GetType(), actual.GetType(), $"{path} has a different kind.");
        switch (expected, actual)
        {
            case (StateMap a, StateMap b):
                Assert.AreSequenceEqual(a.Keys, b.Keys, $"{path} has different keys.");
                foreach (var (key, value) in a)
                {
                    AreSame(value, b[key], $"{path}.{key}");
                }

                break;
            case (StateList a, StateList b):
                Assert.HasCount(a.Count, b, $"{path} has a different length.");
                Assert.AreEqual(a.IsTuple, b.IsTuple, $"{path} is a tuple in only one of the states.");
                for (var index = 0; index < a.Count; index++)
                {
                    AreSame(a[index], b[index], $"{path}.{index}");
                }

                break;
            case (StateObject a, StateObject b):
                Assert.AreEqual(a.ClassName, b.ClassName, StringComparer.Ordinal, $"{path} has a different class.");
                AreSame(a.Arguments, b.Arguments, $"{path}.arguments");
                Assert.AreEqual(a.Form, b.Form, $"{path} has a different form.");
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
        Assert.AreEqual(expected.Type, actual.Type, $"{path} has a different element type.");
        Assert.AreSequenceEqual(expected.Shape.ToArray(), actual.Shape.ToArray(), $"{path} has a different shape.");
        var left = new byte[expected.ByteLength];
        var right = new byte[actual.ByteLength];
        expected.CopyTo(left);
        actual.CopyTo(right);
        Assert.IsTrue(left.AsSpan().SequenceEqual(right), $"{path} has different elements.");
    }
}

/// <summary>Copies states in the simplest way, as a reference for other implementations.</summary>
public static class StateCopies
{
    /// <summary>Returns a captured copy of a state with its own memory; tensors that share memory still share it.</summary>
    /// <param name="state">The state, live or captured.</param>
    public static TrainingState Copy(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Copy();
    }
}
