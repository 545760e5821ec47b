package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ControlCharactersTest {

    @Test
    void shouldRemoveWhatChangesHowTextIsShownButNotTabsAndEndsOfLines() {
        assertThat(ControlCharacters.removeFrom("a\u0000\u001b[1mb\u202e\u2066c\u2069\u0085\u202a"))
                .isEqualTo("a[1mbc");
        assertThat(ControlCharacters.removeFrom("\tone\r\ntwo \u00e9\u5de5\ud83d\udc77 \u05d0"))
                .isEqualTo("\tone\r\ntwo \u00e9\u5de5\ud83d\udc77 \u05d0");
    }

    @Test
    void shouldKnowControlCharactersAndOverridesOfTheDirection() {
        assertThat("\t\n\u007f\u202a\u202e\u2066\u2069".chars()).allMatch(ControlCharacters::isControl);
        assertThat("a \u200d\u2029\u202f\u2065\u206a".chars()).noneMatch(ControlCharacters::isControl);
    }
}
