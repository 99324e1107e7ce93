import json
from pathlib import Path

import pytest

from audiokit.agent.conversation import Conversation, summary_request, tokens_of
from audiokit.contracts import Message, ToolCall
from audiokit.errors import ConfigError

CALL = ToolCall(call_id="c1", name="weather", arguments={"city": "Paris"})


def turn(user: str, agent: str) -> list[Message]:
    return [Message(role="user", text=user), Message(role="assistant", text=agent)]


def test_the_model_reads_prompt_history_and_latest_words() -> None:
    conversation = Conversation(system_prompt="Be brief.")
    conversation.commit(turn("hi", "hello"))
    assert [(each.role, each.text) for each in conversation.messages("bye")] == [
        ("system", "Be brief."),
        ("user", "hi"),
        ("assistant", "hello"),
        ("user", "bye"),
    ]


def test_messages_without_words_are_left_out_but_calls_and_results_are_kept() -> None:
    conversation = Conversation()
    conversation.commit([Message(role="user", text="hi"), Message(role="assistant", text="")])
    conversation.commit([Message(role="assistant", tool_calls=(CALL,)), Message(role="tool", call_id="c1")])
    conversation.commit([Message(role="user", text="")])
    assert [[each.role for each in said] for said in conversation.turns] == [["user"], ["assistant", "tool"]]


def test_old_turns_are_left_out_whole_and_the_prompt_stays() -> None:
    conversation = Conversation(system_prompt="Be brief.", max_tokens=100)
    for number in range(20):
        conversation.commit(turn(f"question {number} " + "x" * 40, "answer " + "y" * 40))
    messages = conversation.messages("now")
    assert tokens_of(messages) <= 100
    assert [messages[0].role, messages[1].role, messages[-1].text] == ["system", "user", "now"]
    assert messages[1].text.startswith("question 1")
    assert len(conversation.turns) == 20


def test_the_latest_turn_is_read_however_long_it_is() -> None:
    conversation = Conversation(max_tokens=10)
    conversation.commit(turn("short", "short"))
    conversation.commit(turn("x" * 4000, "y"))
    assert len(conversation.messages()) == 2


def test_a_summary_takes_the_place_of_what_is_cut() -> None:
    conversation = Conversation(system_prompt="Be brief.")
    for name in ("one", "two", "three"):
        conversation.commit(turn(name, f"{name}!"))
    request = summary_request(conversation, 2)
    assert request[1].text == "user: one\nassistant: one!\nuser: two\nassistant: two!"
    conversation.cut(2, "They counted.")
    messages = conversation.messages()
    assert messages[0].text == "Be brief.\n\nSummary of the earlier conversation: They counted."
    assert [each.text for each in messages[1:]] == ["three", "three!"]
    assert summary_request(conversation, 1)[1].text.startswith("Earlier summary: They counted.")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    conversation = Conversation(system_prompt="Be brief.", summary="Before.")
    conversation.commit([Message(role="user", text="Wie ist das Wetter in Köln?")])
    results = Message(role="tool", text="sunny", call_id="c1")
    conversation.commit([Message(role="assistant", text="Wait.", tool_calls=(CALL,)), results])
    path = tmp_path / "talk.json"
    conversation.save(path)
    other = Conversation(system_prompt="Be kind.")
    other.load(path)
    assert other.turns == conversation.turns
    assert (other.summary, other.system_prompt) == ("Before.", "Be kind.")
    assert [each.name for each in tmp_path.iterdir()] == ["talk.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": "audiokit.conversation/2", "summary": "", "turns": []}',
        '{"format": "audiokit.conversation/1", "summary": "", "turns": [[{"role": "boss", "text": "x"}]]}',
        '{"format": "audiokit.conversation/1", "summary": "", "turns": [[{"role": "user"}]]}',
        '{"format": "audiokit.conversation/1", "summary": "", "turns": [], "more": 1}',
    ],
)
def test_a_file_that_is_no_conversation_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "talk.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match="holds no conversation"):
        Conversation().load(path)


def test_a_failed_save_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    conversation = Conversation()
    conversation.save(path)
    conversation.commit(
        [Message(role="assistant", tool_calls=(ToolCall(call_id="1", name="x", arguments={"a": {1}}),))]
    )
    with pytest.raises(TypeError):
        conversation.save(path)
    assert json.loads(path.read_text())["turns"] == []


def test_what_the_system_prompt_takes_is_counted_when_turns_are_summed_up() -> None:
    whole = Conversation(system_prompt="p" * 1200, max_tokens=500)
    for index in range(20):
        whole.commit([Message(role="user", text=f"fact {index} {'x' * 80}")])
    read = [message.text for message in whole.messages() if message.role == "user"]
    assert read[0].startswith(f"fact {whole.oldest_kept()} ")
    assert 0 < len(read) < 20
