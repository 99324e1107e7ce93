// Light, dark, or as the system has it.

const THEMES = ["auto", "light", "dark"];
const WORDS = { auto: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };

export function prepareTheme(button) {
  let theme = localStorage.getItem("theme") ?? "auto";
  const show = () => {
    document.documentElement.dataset.theme = theme;
    button.textContent = theme[0].toUpperCase() + theme.slice(1);
    button.ariaLabel = WORDS[theme];
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    localStorage.setItem("theme", theme);
    show();
  });
  show();
}
