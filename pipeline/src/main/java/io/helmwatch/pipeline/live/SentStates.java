package io.helmwatch.pipeline.live;

import io.helmwatch.web.Streams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The states of streams as viewers know them.
 *
 * <p>Threading: one thread.
 */
final class SentStates {
    private static final int MAX_SINGLE_STATES = 100;
    private static final int STATES_AT_ONCE = 500;

    private final Map<String, Sent> sent = new HashMap<>();

    /** A state and its message. */
    private record Sent(Streams.Stream stream, String text) {}

    /** What a viewer that has just come is sent. */
    List<LiveMessage> all() {
        return messages(sent.values().stream().map(Sent::text).toList());
    }

    /** Takes the states of all streams; returns what viewers are sent: the states that changed. */
    List<LiveMessage> update(List<Streams.Stream> states) {
        sent.keySet().retainAll(states.stream().map(Streams.Stream::id).toList());
        List<String> changed = new ArrayList<>();
        for (Streams.Stream state : states) {
            Sent known = sent.get(state.id());
            if (known != null && known.stream().equals(state)) {
                continue;
            }
            String text = LiveTexts.state(state);
            sent.put(state.id(), new Sent(state, text));
            if (known == null || !text.equals(known.text())) {
                changed.add(text);
            }
        }
        return messages(changed);
    }

    /** Nobody knows anything any more. */
    void clear() {
        sent.clear();
    }

    /** One message a state, or where there are many one for several of them. */
    private static List<LiveMessage> messages(List<String> states) {
        if (states.size() <= MAX_SINGLE_STATES) {
            return states.stream().map(LiveMessage::control).toList();
        }
        List<LiveMessage> messages = new ArrayList<>();
        for (int first = 0; first < states.size(); first += STATES_AT_ONCE) {
            int last = Math.min(states.size(), first + STATES_AT_ONCE);
            messages.add(LiveMessage.control(LiveTexts.states(states.subList(first, last))));
        }
        return messages;
    }
}
