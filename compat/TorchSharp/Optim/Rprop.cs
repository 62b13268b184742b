namespace TorchSharp.Modules;

/// <summary>Resilient propagation: the sign of the gradient only, a step size for each element.</summary>
public class Rprop : OptimizerHelper
{
    public Rprop(
        IEnumerable<Parameter> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
        double max_step = 50, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, etaminus, etaplus, min_step, max_step, maximize)
    {
    }

    public Rprop(
        IEnumerable<ParamGroup> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
        double max_step = 50, bool maximize = false)
    {
        var defaults = new Options
        {
            LearningRate = lr,
            etaminus = etaminus,
            etaplus = etaplus,
            min_step = min_step,
            max_step = max_step,
            maximize = maximize,
        };
        AddGroups(defaults, parameters);
    }

    public override torch.Tensor step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    public override void add_param_group(Modules.ParamGroup param_group) => base.add_param_group(param_group);

    internal override OptimizerOptions NewOptions() => new Options();

    internal override OptimizerState NewState(Parameter parameter) => new State(parameter);

    private void Update(ParamGroup group)
    {
        var options = group.Options;
        var (shrink, grow) = (options.etaminus!.Value, options.etaplus!.Value);
        foreach (var (parameter, gradient) in Gradients(group))
        {
            var grad = gradient;
            var state = (State)_state[parameter.Handle];
            state.step++;
            if (options.maximize!.Value)
            {
                grad = grad.neg();
            }

            // Where the sign has turned, the step shrinks and this gradient is forgotten.
            var turn = grad.mul(state.prev).sign();
            var turned = turn.lt(0);
            var factor = torch.ones_like(turn).masked_fill_(turn.gt(0), grow).masked_fill_(turned, shrink);
            state.step_size.mul_(factor).clamp_(options.min_step!.Value, options.max_step!.Value);
            grad = grad.masked_fill(turned, 0);
            parameter.addcmul_(grad.sign(), state.step_size, -1);
            state.prev.copy_(grad);
        }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor prev = null!;
        public torch.Tensor step_size = null!;

        public State(Parameter parameter)
            : base(parameter)
        {
        }

        public void Dispose() => DisposeAll();

        public override void to(torch.Device device) => MoveAll(device);

        public override void SaveStateDict(BinaryWriter writer) => SaveAll(writer);

        public override void LoadStateDict(BinaryReader reader) => LoadAll(reader);

        public override void LoadStateDict(OptimizerState source) => CopyAll(source);

        public override bool ApproximatelyEquals(OptimizerState other) => EqualsAll(other);

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            prev = Fresh(prev);
            step_size = Fresh(step_size, options.LearningRate!.Value);
        }

        internal override void Visit(StateVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref prev);
            visitor.Visit(ref step_size);
        }
    }

    public class Options : OptimizerOptions
    {
        public bool? maximize;
        public double? etaminus;
        public double? etaplus;
        public double? min_step;
        public double? max_step;

        public override void SaveStateDict(BinaryWriter writer) => base.SaveStateDict(writer);

        public override void LoadStateDict(BinaryReader reader) => base.LoadStateDict(reader);

        public override void LoadStateDict(OptimizerOptions source) => base.LoadStateDict(source);

        internal override void Visit(StateVisitor visitor)
        {
            visitor.Visit(ref maximize);
            visitor.Visit(ref etaminus);
            visitor.Visit(ref etaplus);
            visitor.Visit(ref min_step);
            visitor.Visit(ref max_step);
        }
    }

    public class ParamGroup : ParamGroup<Options>
    {
        public ParamGroup()
        {
        }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options)
        {
        }

        public ParamGroup(
            IEnumerable<Parameter> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
            double max_step = 50, bool maximize = false)
            : base(
                parameters,
                new Options { LearningRate = lr, etaminus = etaminus, etaplus = etaplus, min_step = min_step, max_step = max_step, maximize = maximize })
        {
        }
    }
}
