/**
 * Words that a generator cannot make an identifier of: Java SE 17 (JLS 3.9), C# (ECMA-334, 6.4.4), C++20, Go, PHP 8.
 */
const WORDS = `
abstract assert boolean break byte case catch char class const continue default do double else enum extends final finally
float for goto if implements import instanceof int interface long native new package private protected public return short
static strictfp super switch synchronized this throw throws transient try void volatile while true false null record var
yield
as base bool checked decimal delegate event explicit extern fixed foreach implicit in internal is lock namespace object
operator out override params readonly ref sbyte sealed sizeof stackalloc string struct typeof uint ulong unchecked unsafe
ushort using virtual
alignas alignof and and_eq asm auto bitand bitor char8_t char16_t char32_t compl concept consteval constexpr constinit
const_cast co_await co_return co_yield decltype delete dynamic_cast export friend inline mutable noexcept not not_eq nullptr
or or_eq register reinterpret_cast requires signed static_assert static_cast template thread_local typedef typeid typename
union unsigned wchar_t xor xor_eq
chan defer fallthrough func go map range select type
__halt_compiler array callable clone declare die echo elseif empty enddeclare endfor endforeach endif endswitch endwhile
eval exit fn function global include include_once insteadof isset list match print require require_once trait unset use
self parent iterable mixed never
`
const reserved: ReadonlySet<string> = new Set(WORDS.split(/\s+/).filter((word) => word !== ''))

/** Whatever the case: generators make methods of operations, classes of elements, and PHP knows no difference. */
export function isReserved(name: string): boolean {
  return reserved.has(name.toLowerCase())
}
