namespace Fulgurite.Tests.IO;

/// <summary>Compares states value by value.</summary>
internal static class StateComparison
{
    /// <summary>Fails at the first place where two values differ.</summary>
    public static void AreEqual(StateValue expected, StateValue actual, string path = "")
    {
        Assert.AreEqual(expected.GetType(), actual.GetType(), $"kind of '{path}'");
        switch (expected)
        {
            case StateMap map:
                var other = (StateMap)actual;
                Assert.AreEqual(string.Join('|', map.Keys), string.Join('|', other.Keys), $"keys of '{path}'");
                foreach (var (key, value) in map)
                {
                    AreEqual(value, other[key], $"{path}.{key}");
                }

                break;
            case StateList list:
                var items = (StateList)actual;
                Assert.AreEqual(list.IsTuple, items.IsTuple, $"whether '{path}' is a tuple");
                Assert.AreEqual(list.Count, items.Count, $"length of '{path}'");
                for (var index = 0; index < list.Count; index++)
                {
                    AreEqual(list[index], items[index], $"{path}.{index}");
                }

                break;
            case TensorData tensor:
                AreEqual(tensor, (TensorData)actual, path);
                break;
            case StateObject placeholder:
                var made = (StateObject)actual;
                Assert.AreEqual(placeholder.ClassName, made.ClassName, path);
                Assert.AreEqual(placeholder.Form, made.Form, path);
                AreEqual(placeholder.Arguments, made.Arguments, $"{path}.arguments");
                AreEqual(placeholder.State, made.State, $"{path}.state");
                AreEqual(placeholder.Items, made.Items, $"{path}.items");
                break;
            default:
                Assert.AreEqual(expected, actual, path);
                break;
        }
    }

    /// <summary>The elements of a tensor, row after row.</summary>
    public static byte[] Bytes(TensorData tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }

    private static void AreEqual(TensorData expected, TensorData actual, string path)
    {
        Assert.AreEqual(expected.Type, actual.Type, $"type of '{path}'");
        Assert.AreEqual(string.Join(',', expected.Shape.ToArray()), string.Join(',', actual.Shape.ToArray()), $"shape of '{path}'");
        Assert.IsTrue(Bytes(expected).AsSpan().SequenceEqual(Bytes(actual)), $"elements of '{path}'");
    }
}
