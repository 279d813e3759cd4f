"""Phrases that many sentence patterns share, in the notation of `patterns`."""

_SORT = "top-level|module-level|global|local|private|public|static|class|instance"
_SYMBOL = "function|method|class|variable|constant|attribute|field|property|symbol|name|helper|definition|type"
_USES = (
    "usages|usage|uses|use|references|reference|call sites|call site|callers|calls|imports|occurrences|importers|code"
)
_REPOSITORY = "project|repository|repo|codebase|code base|package|code|tree"

MACROS: dict[str, str] = {
    "IN": "(in|from|inside|of|within|at|under|on|out of) [the] [source] [file|module|script|package] <path:path>",
    "TO": "(to|as|into|→)",
    "CALLED": "[called|named|with the name]",
    "A": "[a|an|the|its] [new] [own|separate|single|existing|private|public|reusable|shared]",
    "SYMBOL": (
        f"[the|a] ({_SORT})* [{_SYMBOL}] <symbol:name> [{_SYMBOL}] "
        "[(of|in|on|from) [the] (class|function|method) <owner:name>] "
        f"| [the] [class] <owner:name> 's ({_SORT})* [{_SYMBOL}] <symbol:name> [{_SYMBOL}]"
    ),
    "SYMBOLS": (
        f"[the|all] [following] ({_SORT})* [functions and classes|functions and constants|functions|methods|classes|"
        f"constants|variables|helpers|names|symbols|definitions|{_SYMBOL}] <symbols:names> "
        f"[functions|methods|classes|constants|variables|{_SYMBOL}]"
    ),
    "FUNCTION": (
        "[the] [function|method|constructor] <symbol:name> [function|method] [(of|in|on|from) [the] class <owner:name>]"
        "|[the] [class] <owner:name> 's [function|method|constructor] <symbol:name>"
    ),
    "OWNER": (
        "[the] [function|method|constructor] <owner:name> [function|method] [(of|in|on) [the] class <owner_class:name>]"
        "|[the] class <owner_class:name> 's [method] <owner:name>"
    ),
    "OWNED": (
        "method <symbol:name> [(of|in|on|from) [the] class <owner:name>]|method <symbol:name> (of|from) <owner:name>"
        "|<symbol:name> method [(of|in|on|from) [the] [class] <owner:name>]"
    ),
    "ARGUMENT": "(parameter|argument|keyword argument|keyword parameter|param|arg)",
    "REST": "($TESTS_TOO|and|$FOLLOW)*",
    "KEEP": "[[and|but] (keep|keeping|leave|leaving) [the|its] (definition|function|variable) {alias=yes}]",
    "PARAMETER": "[the|a|an|its] $ARGUMENT",
    "LITERAL": "[the|all] [magic|hard-coded|hardcoded|repeated] [expression|literal|value|number|string|text|code]",
    "TESTS_TOO": (
        "(including|also in|and in|as well as in|also) [the|all] tests {tests=yes}"
        "|(except|excluding|except for|but not|without|leaving out|not|other than) [in|for|from|those in] [the|all] "
        "tests {tests=no}"
        "|(leave|leaving|keep|keeping) [the|all] tests (alone|as they are|unchanged|untouched) {tests=no}"
    ),
    "FOLLOW": (
        "(update|updating|change|changing|adjust|adjusting|fix|fixing|correct|follow|rewrite|rewriting|adapt|adapting|"
        "redirect|keep) [all|every|each|the|its|their|any|existing]* [of] [the|its|their] "
        f"({_USES}|[usages|references] and imports|imports and (usages|references|call sites|callers)|call sites and "
        "imports) [(to|of|for) (it|them)] [accordingly|everywhere|too|consistent|working|to match]"
    ),
    "TAIL": (
        "([and|so that|also|while]  ($FOLLOW|everywhere|throughout"
        f"|(across|throughout|in) the [whole|entire|rest of the] ({_REPOSITORY})|$TESTS_TOO"
        "|(including|also in|and in|as well as in|also) [the] (docs|documentation|docstrings|comments|documents) "
        "{docs=yes}"
        "|(including|also in|and in|as well as in|also) [the] (strings|string literals|string references) {strings=yes}"
        "|(keep|keeping|leave|leaving) [the] old (name|names|path|import path) [as [an|a]] "
        "[alias|aliases|re-export|re-exports|working] {alias=yes}"
        "|(keep|keeping|leave|leaving) [an|a] (alias|re-export) [behind] {alias=yes}"
        "|(without|no|leave no|do not keep) [keeping|leaving] [an|a|any] (alias|re-export|aliases) {alias=no}"
        "))*"
    ),
    "EVERYWHERE": (
        "[(everywhere|at (all|every) [its] (occurrences|occurrence|places|uses)|(for|replacing|and replace) all "
        "[its] (occurrences|uses)|wherever it occurs) {everywhere=yes}"
        "|(only there|there only|at this place only|only once) {everywhere=no}]"
    ),
    "CALLS": (
        "[and] [then] (pass|passing|give|giving|use|using|supply|provide) "
        "(it {passes=default}|the default [value] {passes=default}"
        "|<call_value:value>) [(as|for) [the] [argument|parameter|it|value]] (at|in|to|from|for|on) "
        "[all|every|each|the|its|existing|other]* "
        f"({_USES}) [accordingly]"
    ),
    "DEFAULT": (
        "((with|having) [a|the] default [value] [of] <default:value>|defaulting to <default:value>"
        "|default <default:value>|= <default:value>|(which|that) defaults to <default:value>)"
    ),
    "ANNOTATION": "(of type <annotation:value>|[with] [the] (type|annotation) <annotation:value>)",
    "PLACE": (
        "(before {side=before}|after {side=after}) [the] [parameter|argument] <neighbour:name>"
        "|(at|as) [the] [position] <ordinal:ordinal> [position|parameter|argument|place]"
        "|(at|to) the (start|beginning|front) {ordinal=first}|(at|to) the end {ordinal=last}"
    ),
    "PROJECT": f"[[of|in|from] [the|this|our|all] [whole|entire] ({_REPOSITORY}|sources|syntax|everything|files)]",
    "WHERE": "$PROJECT [[(in|under|below|inside|of|from|to|within|for|across)] [the] "
    "[file|folder|module|package|directory] <path:path>]",
}
