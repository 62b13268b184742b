using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

/// <summary>Every optimizer takes the steps that Python's takes.</summary>
[TestClass]
public class OptimPythonTests
{
    private const int Steps = 12;

    private const string RightNAdam = """

        class RightNAdam:
            def __init__(self, p, lr, weight_decay):
                self.p, self.lr, self.wd, self.t, self.product = p, lr, weight_decay, 0, 1.0
                self.m = [torch.zeros_like(q) for q in p]; self.v = [torch.zeros_like(q) for q in p]
            @torch.no_grad()
            def step(self):
                self.t += 1
                mu, after = [0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3)) for t in (self.t, self.t + 1)]
                self.product *= mu
                for q, m, v in zip(self.p, self.m, self.v):
                    g = q.grad + self.wd * q
                    m.mul_(0.9).add_(g, alpha=0.1); v.mul_(0.999).addcmul_(g, g, value=0.001)
                    d = (v / (1 - 0.999 ** self.t)).sqrt() + 1e-8
                    q.sub_(self.lr * ((1 - mu) / (1 - self.product) * g + after / (1 - self.product * after) * m) / d)
        torch.optim.RightNAdam = RightNAdam

        """;

    private static readonly Dictionary<string, (string Python, Func<IEnumerable<Parameter>, OptimizerHelper> Make, double Tolerance)> Cases = new()
    {
        ["sgd"] = ("SGD(p, lr=0.1)", p => optim.SGD(p, 0.1), 0),
        ["sgd_momentum"] = ("SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01)",
            p => optim.SGD(p, 0.1, momentum: 0.9, dampening: 0.2, weight_decay: 0.01), 0),
        ["sgd_nesterov"] = ("SGD(p, lr=0.1, momentum=0.9, nesterov=True)", p => optim.SGD(p, 0.1, momentum: 0.9, nesterov: true), 0),
        ["sgd_maximize"] = ("SGD(p, lr=0.1, momentum=0.9, maximize=True)", p => optim.SGD(p, 0.1, momentum: 0.9, maximize: true), 1e-6),
        ["adam"] = ("Adam(p, lr=0.01)", p => optim.Adam(p, 0.01), 0),
        ["adam_all"] = ("Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True, maximize=True)",
            p => optim.Adam(p, 0.01, 0.8, 0.99, 1e-6, 0.1, true, true), 0),
        ["adamw"] = ("AdamW(p, lr=0.01, weight_decay=0.1)", p => optim.AdamW(p, 0.01, weight_decay: 0.1), 0),
        ["adamw_amsgrad"] = ("AdamW(p, lr=0.01, weight_decay=0.01, amsgrad=True)", p => optim.AdamW(p, 0.01, weight_decay: 0.01, amsgrad: true), 0),
        ["adagrad"] = ("Adagrad(p, lr=0.1, lr_decay=0.05, weight_decay=0.01, initial_accumulator_value=0.3)",
            p => optim.Adagrad(p, 0.1, 0.05, 0.01, 0.3), 0),
        ["rmsprop"] = ("RMSprop(p, lr=0.01, weight_decay=0.01)", p => optim.RMSProp(p, 0.01, weight_decay: 0.01), 0),
        ["rmsprop_all"] = ("RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5, centered=True)",
            p => optim.RMSProp(p, 0.01, 0.9, momentum: 0.5, centered: true), 0),
        ["adamax"] = ("Adamax(p, lr=0.02, weight_decay=0.01)", p => optim.Adamax(p, 0.02, weight_decay: 0.01), 0),
        // Python before 2.0 multiplies by mu once too often, so the formula is written out below.
        ["nadam"] = ("RightNAdam(p, lr=0.02, weight_decay=0.01)", p => optim.NAdam(p, 0.02, weight_decay: 0.01), 1e-5),
        ["radam"] = ("RAdam(p, lr=0.02, weight_decay=0.01)", p => optim.RAdam(p, 0.02, weight_decay: 0.01), 1e-6),
        ["adadelta"] = ("Adadelta(p, lr=0.5, weight_decay=0.01)", p => optim.Adadelta(p, 0.5, weight_decay: 0.01), 0),
        ["asgd"] = ("ASGD(p, lr=0.05, lambd=0.01, t0=4, weight_decay=0.01)", p => optim.ASGD(p, 0.05, 0.01, t0: 4, weight_decay: 0.01), 1e-6),
        ["rprop"] = ("Rprop(p, lr=0.02)", p => optim.Rprop(p, 0.02), 0),
    };

    private static Dictionary<string, double[]>? _python;

    public static IEnumerable<object[]> Names => Cases.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Step_TwelveTimesWithPythonsGradients_GivesPythonsParameters(string name)
    {
        var python = _python ??= PythonTorch.Run(Script());
        using var scope = NewDisposeScope();
        manual_seed(31);
        Parameter[] parameters = [nn.Parameter(randn(7, 3)), nn.Parameter(randn(5))];
        using var optimizer = Cases[name].Make(parameters);
        for (var i = 0; i < Steps; i++)
        {
            foreach (var parameter in parameters)
            {
                parameter.grad = randn(parameter.shape);
            }

            optimizer.step();
        }

        for (var i = 0; i < parameters.Length; i++)
        {
            PythonTorch.AssertClose(python[$"{name}.{i}"], PythonTorch.Numbers(parameters[i]), Cases[name].Tolerance, $"{name}: parameter {i}");
        }
    }

    private static string Script() => RightNAdam + string.Concat(Cases.Select(entry => string.Create(CultureInfo.InvariantCulture, $"""

        torch.manual_seed(31)
        p = [torch.nn.Parameter(torch.randn(7, 3)), torch.nn.Parameter(torch.randn(5))]
        o = torch.optim.{entry.Value.Python}
        for i in range({Steps}):
            for q in p: q.grad = torch.randn(q.shape)
            o.step()
        for i, q in enumerate(p): out["{entry.Key}." + str(i)] = q

        """)));
}
