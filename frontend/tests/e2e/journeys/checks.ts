// What must hold in every picture of a journey, asked of the page itself.
import type { Page } from 'playwright-core';

/** Why nobody could see where the focus is; null where one can. */
export function focusProblem(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return 'nothing has it';
    if (!focused.matches(':focus-visible'))
      return `${focused.outerHTML.slice(0, 120)} is not focused visibly`;
    const drawn = [null, '::before', '::after'].some((part) => {
      const style = getComputedStyle(focused, part);
      const isClear = /^rgba\(.*, 0\)$|^transparent$/.test(style.outlineColor);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && !isClear;
    });
    if (!drawn) return `${focused.outerHTML.slice(0, 120)} has no outline`;
    const box = focused.getBoundingClientRect();
    const left = Math.max(box.left, 0);
    const right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0);
    const bottom = Math.min(box.bottom, innerHeight);
    if (right - left < 1 || bottom - top < 1) return `${focused.outerHTML.slice(0, 120)} is off the screen`;
    // A bar that stays in place may lie over it.
    const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const stack = focused.closest('[data-chart-stack]');
    const related = seen && (focused.contains(seen) || seen.contains(focused) || stack?.contains(seen));
    return related
      ? null
      : `${focused.outerHTML.slice(0, 120)} is under ${seen ? seen.outerHTML.slice(0, 120) : 'nothing'}`;
  });
}

/**
 * What can be pressed and is smaller than a finger. A link within a sentence may be as high as its line (WCAG 2.5.5, "inline");
 * a box is hit by its label, a row by the link that covers it.
 */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    // Half a pixel is lost where a page is scaled.
    const LEAST = 43.5;
    const CHOICES = 'a[href], button, input, select, textarea, summary, [role="option"], [role^="menuitem"]';
    const isShown = (element: Element): boolean => {
      const { width, height } = element.getBoundingClientRect();
      return width > 1 && height > 1 && getComputedStyle(element).visibility === 'visible';
    };
    const isInline = (element: Element): boolean =>
      element.matches('a') &&
      getComputedStyle(element).display === 'inline' &&
      element.parentElement?.textContent.trim() !== element.textContent.trim();
    const targetOf = (element: Element): Element => {
      if (getComputedStyle(element, '::after').position === 'absolute')
        return element.closest('tr') ?? element;
      const isBox = element.matches('[type="checkbox"], [type="radio"]');
      return isBox ? (element.closest('label') ?? element) : element;
    };
    return [...document.querySelectorAll(CHOICES)]
      .filter((element) => isShown(element) && !isInline(element))
      .map((element) => ({ element, box: targetOf(element).getBoundingClientRect() }))
      .filter(({ box }) => box.width < LEAST || box.height < LEAST)
      .map(({ element, box }) => {
        const words = element.getAttribute('aria-label') ?? element.textContent;
        return `${element.tagName} "${words.trim()}" is ${box.width.toFixed(0)} x ${box.height.toFixed(0)}`;
      });
  });
}

/** Rules that show something to a mouse which is over it, and to nobody else. */
export function hoverOnly(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const SHOWS = [
      'display',
      'visibility',
      'opacity',
      'clip-path',
      'transform',
      'width',
      'height',
      'content',
    ];
    const rules = (list: CSSRuleList): CSSStyleRule[] =>
      [...list].flatMap((rule) => {
        if (rule instanceof CSSStyleRule) return [rule];
        return rule instanceof CSSMediaRule && matchMedia(rule.conditionText).matches
          ? rules(rule.cssRules)
          : [];
      });
    return [...document.styleSheets]
      .flatMap((sheet) => rules(sheet.cssRules))
      .filter((rule) => rule.selectorText.includes(':hover') && !rule.selectorText.includes(':focus'))
      .filter((rule) => SHOWS.some((name) => rule.style.getPropertyValue(name) !== ''))
      .map((rule) => rule.cssText);
  });
}
