namespace Fulgurite.Tests.Core.Training;

/// <summary>Tensors that a dispose scope has disposed: the error has a cause and a remedy, and TorchSharp's own as the inner one.</summary>
[TestClass]
public sealed class DisposedTensorTests
{
    private const string Remedy = "Detach tensors that are kept longer with tensor.DetachFromDisposeScope()";

    private Tensor? _kept;

    [TestMethod]
    [TestProperty("Behaviour", "LP28")]
    [DataRow("state kept in a step")]
    [DataRow("output of the validation")]
    [DataRow("logged")]
    [DataRow("kept data")]
    [DataRow("kept data of a source")]
    [DataRow("kept data of a worker")]
    public void Fit_TensorOfAnEarlierStep_IsExplained(string use)
    {
        using var module = new LineModule
        {
            AtStep = (module, batch) =>
            {
                if (use == "state kept in a step")
                {
                    _kept = _kept is null ? batch * 2 : _kept + batch;
                }
                else if (use == "logged")
                {
                    module.Log("x", _kept ??= ones(1));
                }
            },
            AtValidation = (module, batch) =>
            {
                if (use == "output of the validation")
                {
                    _kept = _kept is null ? batch * 2 : _kept + batch;
                }
            },
        };
        var items = Dataset.Create(4, _ => _kept ??= ones(4));
        var data = use switch
        {
            "kept data" => new Lazy(() => _kept ??= ones(2, 4)),
            "kept data of a source" => DataSource.From(items, new() { BatchSize = 1 }),
            "kept data of a worker" => DataSource.From(items, new() { BatchSize = 1, Workers = 1 }),
            _ => LineModule.Batches(3) as IEnumerable<Tensor>,
        };

        var error = Catch(() => Make().Fit(module, data, LineModule.Batches(2)));

        Assert.Contains(Remedy, error.Message);
        Assert.IsNotNull(error.InnerException);
        Assert.Contains("Tensor invalid -- empty handle", error.ToString());
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP28")]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_LossDisposedByAScopeOfTheModule_IsExplained(bool automatic)
    {
        using var module = new LineModule
        {
            Automatic = automatic,
            Loss = (module, batch) =>
            {
                using var scope = NewDisposeScope();
                return module.Line.call(batch).pow(2).mean();
            },
        };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("The loss of LineModule was disposed before the trainer could use it.", error.Message);
        Assert.Contains("loss.MoveToOuterDisposeScope()", error.Message);
    }

    [TestMethod]
    [DataRow("Validate")]
    [DataRow("Predict")]
    public void Evaluate_TensorOfAnEarlierStep_IsExplained(string stage)
    {
        using var module = new LineModule { AtValidation = (_, batch) => _kept = _kept is null ? batch * 2 : _kept + batch };
        var data = new Lazy(() => _kept ??= ones(2, 4));

        var error = Catch(() => _ = stage == "Validate"
            ? Make().Validate(module, LineModule.Batches(3)) as object
            : Make().Predict(module, data));

        Assert.Contains(Remedy, error.Message);
    }

    [TestMethod]
    public void Fit_ExceptionOfTheUserAroundIt_StaysTheUsers()
    {
        var thrown = new InvalidDataException("Mine.", new InvalidOperationException("Tensor invalid -- empty handle."));
        using var module = new LineModule { AtStep = (_, _) => throw thrown };

        Assert.AreSame(thrown, Assert.ThrowsExactly<InvalidDataException>(() => Make().Fit(module, LineModule.Batches(2))));
    }

    [TestMethod]
    public void Fit_ExceptionOfTheUserOfADerivedType_StaysTheUsers()
    {
        var thrown = new ObjectDisposedException("Mine.", new InvalidOperationException("Tensor invalid -- empty handle."));
        using var module = new LineModule { AtStep = (_, _) => throw thrown };

        Assert.AreSame(thrown, Assert.ThrowsExactly<ObjectDisposedException>(() => Make().Fit(module, LineModule.Batches(2))));
    }

    private static Exception Catch(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            return exception;
        }

        throw new AssertFailedException("Nothing was thrown.");
    }

    private static Trainer Make() => new(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 2 });

    private sealed class Lazy(Func<Tensor> get) : IEnumerable<Tensor>
    {
        public IEnumerator<Tensor> GetEnumerator()
        {
            for (var index = 0; index < 3; index++)
            {
                yield return get();
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
