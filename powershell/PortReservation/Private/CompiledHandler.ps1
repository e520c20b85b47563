# Handlers of events that are raised where no script block can run: on the thread pool, or while the runspace is closed.
class CompiledHandler {
    # (sender, e) => target.method(), compiled from an expression.
    static [System.Delegate] Of([type] $handler, [object] $target, [string] $method) {
        $expression = [System.Linq.Expressions.Expression]
        [System.Linq.Expressions.ParameterExpression[]] $parameters =
            foreach ($parameter in $handler.GetMethod('Invoke').GetParameters()) { $expression::Parameter($parameter.ParameterType) }
        $call = $expression::Call($expression::Constant($target), $target.GetType().GetMethod($method, [type[]] @()))
        return $expression::Lambda($handler, $call, $parameters).Compile()
    }
}
