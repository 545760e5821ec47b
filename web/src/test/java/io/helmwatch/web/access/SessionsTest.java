package io.helmwatch.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.http.Role;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final Caller OLGA = new Caller("olga", Role.OPERATOR);

    private long now = Long.MAX_VALUE - 3;
    private final Sessions sessions = new Sessions(Duration.ofHours(1), () -> now);

    @Test
    void shouldEndAfterItsLifetimeOrByLogout() {
        String first = sessions.start(OLGA);
        String second = sessions.start(OLGA);
        assertThat(sessions.find(first)).isEqualTo(OLGA);
        sessions.end(first);
        assertThat(sessions.find(first)).isNull();
        now += Duration.ofHours(1).toNanos() - 1;
        assertThat(sessions.find(second)).isEqualTo(OLGA);
        now++;
        assertThat(sessions.find(second)).isNull();
    }

    @Test
    void shouldGiveIdsThatNobodyGuessesAndEndTheOldestBeyondItsLimit() {
        String first = sessions.start(OLGA);
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            ids.add(sessions.start(OLGA));
        }
        assertThat(ids).hasSize(1_000).allMatch(id -> id.length() == 43);
        assertThat(sessions.find(first)).isNull();
        assertThat(sessions.find("")).isNull();
    }
}
