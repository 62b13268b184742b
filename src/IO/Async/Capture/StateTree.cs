using Fulgurite.State;

namespace Fulgurite.IO.Async.Capture;

/// <summary>Goes through the tree of a state in order; recursion without iterators or paths, since the training thread waits for it.</summary>
internal static class StateTree
{
    /// <summary>No checkpoint is nested as deeply; a state that contains itself is, and would use up the stack.</summary>
    private const int MaxDepth = 1000;

    /// <summary>All tensors in order, one entry for each place where one stands.</summary>
    /// <exception cref="NotSupportedException">The tree is nested too deeply.</exception>
    public static void Collect(StateValue node, List<TensorData> tensors) => Collect(node, tensors, 0);

    /// <summary>A copy of everything but the tensors, which are replaced one by one.</summary>
    /// <param name="node">What to copy.</param>
    /// <param name="tensors">What stands in for the tensors, in the order of <see cref="Collect(StateValue, List{TensorData})"/>.</param>
    /// <param name="next">How many tensors have been replaced.</param>
    public static StateValue Copy(StateValue node, TensorData[] tensors, ref int next)
    {
        switch (node)
        {
            case TensorData:
                return tensors[next++];
            case StateMap map:
                var copy = new StateMap();
                foreach (var (key, value) in map)
                {
                    copy.Add(key, Copy(value, tensors, ref next));
                }

                return copy;
            case StateList list:
                var items = new StateValue[list.Count];
                for (var index = 0; index < items.Length; index++)
                {
                    items[index] = Copy(list[index], tensors, ref next);
                }

                return new StateList(items, list.IsTuple);
            case StateObject placeholder:
                var arguments = (StateList)Copy(placeholder.Arguments, tensors, ref next);
                var state = Copy(placeholder.State, tensors, ref next);
                return new StateObject(placeholder.ClassName, arguments, state) { Items = Copy(placeholder.Items, tensors, ref next), Form = placeholder.Form };
            case StateBytes bytes:
                return new StateBytes(bytes.Value.ToArray());
            default:
                return node;
        }
    }

    /// <summary>Whether two trees are the same, tensors not looked at.</summary>
    public static bool AreSame(StateValue left, StateValue right)
    {
        switch (left, right)
        {
            case (TensorData, TensorData):
                return true;
            case (StateMap a, StateMap b):
                return a.Count == b.Count && a.Zip(b).All(pair => pair.First.Key == pair.Second.Key && AreSame(pair.First.Value, pair.Second.Value));
            case (StateList a, StateList b):
                return a.Count == b.Count && a.IsTuple == b.IsTuple && a.Zip(b).All(pair => AreSame(pair.First, pair.Second));
            case (StateObject a, StateObject b):
                return string.Equals(a.ClassName, b.ClassName, StringComparison.Ordinal) && a.Form == b.Form
                    && AreSame(a.Arguments, b.Arguments) && AreSame(a.State, b.State) && AreSame(a.Items, b.Items);
            default:
                return left.Equals(right);
        }
    }

    private static void Collect(StateValue node, List<TensorData> tensors, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new NotSupportedException($"The state is nested more than {MaxDepth} levels deep. Does it contain itself?");
        }

        switch (node)
        {
            case TensorData tensor:
                tensors.Add(tensor);
                break;
            case StateMap map:
                foreach (var (_, value) in map)
                {
                    Collect(value, tensors, depth + 1);
                }

                break;
            case StateList list:
                for (var index = 0; index < list.Count; index++)
                {
                    Collect(list[index], tensors, depth + 1);
                }

                break;
            case StateObject placeholder:
                Collect(placeholder.Arguments, tensors, depth + 1);
                Collect(placeholder.State, tensors, depth + 1);
                Collect(placeholder.Items, tensors, depth + 1);
                break;
            default:
                break;
        }
    }
}
